//! What a command costs on a vault that is unlocked: reads, lists, searches and writes by the agent, side by side with
//! the floor, and with whatever other programs show a secret here. `cargo bench` prints the tables that stand in
//! docs/performance.md; `cargo bench -- 200` takes 200 rounds.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;

#[path = "unlocked/agents.rs"]
mod agents;
mod kit;
#[path = "unlocked/peers.rs"]
mod peers;
mod vaults;

use agents::Agents;
use kit::{Program, Result, bar, difference, print_bars, print_times, ratio};
use peers::Peers;
use vaults::Sample;

const EMAIL: &str = "profile show email";
const VENDOR: &str = "vendor show vendor-000042";

/// What a search that finds nothing ends with.
const NOT_FOUND: i32 = 6;

fn main() -> Result<()> {
    if kit::is_for_peak()? {
        return Ok(());
    }
    let (rounds, examples) = (kit::rounds(), kit::build_examples()?);
    let samples = kit::samples()?;
    let mut agents = Agents::new()?;
    samples.iter().try_for_each(|sample| agents.unlock(sample))?;
    reads(&agents, &samples, &examples, rounds)?;
    list(&agents, &samples[1], &examples, rounds)?;
    search(&agents, &samples[1], rounds)?;
    writes(&samples, &examples, rounds)
}

fn reads(agents: &Agents, [small, middle, large]: &[Sample; 3], examples: &Path, rounds: usize) -> Result<()> {
    let peers = Peers::new()?;
    let mut programs = vec![
        Program::new("empty program", examples.join("empty")),
        Program::floor("floor, 100 vendors", examples, small, ""),
        agents.beside(Program::keyed("profile show email, 100 vendors, by --data-key-fd", small, EMAIL)),
        agents.program("profile show email, 100 vendors", small, EMAIL),
        agents.program("profile show email, 10,000 vendors, 1 M entries", middle, EMAIL),
        agents.program("profile show email, 100,000 vendors, 1 M entries", large, EMAIL),
        agents.program("vendor show, 100 vendors", small, VENDOR),
        agents.program("vendor show, 10,000 vendors, 1 M entries", middle, VENDOR),
        agents.program("vendor show, 100,000 vendors, 1 M entries", large, VENDOR),
    ];
    programs[1..6].iter().try_for_each(|program| program.check("ada@example.org"))?;
    programs[6..].iter().try_for_each(|program| program.check("vendor-000042.example"))?;
    for peer in peers.programs() {
        peer.check("ada@example.org")?;
        programs.push(peer);
    }
    kit::time(&mut programs, rounds)?;
    print_times(&programs)?;
    let [empty, _, keyed, shows @ ..] = &programs[..9] else { return Err("no programs".into()) };
    print_bars("ratio", rounds);
    for show in shows {
        bar(&format!("{} / empty program", show.name()), ratio(show, empty), 2.0);
    }
    for (small, others) in [(&shows[0], &shows[1..3]), (&shows[3], &shows[4..6])] {
        for other in others {
            bar(&format!("{} / 100 vendors", other.name()), ratio(other, small), 1.15);
        }
    }
    bar("what the agent's answer adds to a read, ms", difference(&shows[0], keyed), 0.25);
    bar("peak memory of profile show email at 100,000 vendors, MB", shows[2].peak()?, 15.0);
    bar("peak memory of vendor show at 100,000 vendors, MB", shows[5].peak()?, 15.0);
    Ok(())
}

fn list(agents: &Agents, sample: &Sample, examples: &Path, rounds: usize) -> Result<()> {
    let mut programs = [
        Program::floor("floor: the rows of vendor list, selected and printed", examples, sample, "vendors"),
        agents.program("vendor list, 10,000 vendors", sample, "vendor list"),
        agents.program("vendor list --json", sample, "vendor list --json"),
    ];
    programs.iter().try_for_each(|program| program.check("vendor-009999"))?;
    kit::time(&mut programs, rounds)?;
    print_times(&programs)?;
    print_bars("ratio", rounds);
    let [floor, list, json] = &programs;
    bar("vendor list to a pipe / floor", ratio(list, floor), 2.0);
    bar("vendor list --json / floor", ratio(json, floor), 2.0);
    Ok(())
}

fn search(agents: &Agents, sample: &Sample, rounds: usize) -> Result<()> {
    let words = [("in one entry", "quince"), ("in 1 % of them", "503"), ("in every entry", "vendor")];
    let ledger = |name: String, line: String| agents.program(name, sample, &format!("search --in ledger {line}"));
    let mut programs = vec![
        ledger("search for a word that is nowhere".into(), "zzznothing --newest".into()).ends_with(NOT_FOUND),
        agents.program("profile show email", sample, EMAIL),
    ];
    programs.extend(words.map(|(how, word)| ledger(format!("newest: a word {how}"), format!("{word} --newest"))));
    programs.extend(words.map(|(how, word)| ledger(format!("ranked: a word {how}"), word.to_owned())));
    programs.push(agents.program("ranked, in all nouns: a word in every entry", sample, "search vendor"));
    // The first of them makes the index; one that finds nothing does not end with 0.
    programs.iter().try_for_each(|program| program.check(""))?;
    kit::time(&mut programs, rounds)?;
    print_times(&programs)?;
    print_bars("search of 1,000,000 entries, ms", rounds);
    let (nothing, found) = (&programs[0], &programs[2..]);
    for newest in &found[..3] {
        bar(&format!("{}, above nothing found", newest.name()), difference(newest, nothing), 5.0);
    }
    for ranked in &found[3..] {
        bar(ranked.name(), ranked.median(), 80.0);
    }
    Ok(())
}

fn writes([small, middle, _]: &[Sample; 3], examples: &Path, rounds: usize) -> Result<()> {
    let (_small_dir, small) = agents::copy(small)?;
    let (_middle_dir, middle) = agents::copy(middle)?;
    let mut agents = Agents::new()?;
    agents.unlock(&small)?;
    agents.unlock(&middle)?;
    let write = |name, sample| agents.program(name, sample, "vendor note vendor-000042 rang");
    let mut programs = [
        Program::floor("floor: one durable commit, 100 vendors", examples, &small, "note"),
        write("vendor note, 100 vendors", &small),
        Program::floor("floor: one durable commit, 10,000 vendors, 1 M entries", examples, &middle, "note"),
        write("vendor note, 10,000 vendors, 1 M entries", &middle),
    ];
    kit::time(&mut programs, rounds)?;
    agents.program("what was written", &small, VENDOR).check("rang")?;
    print_times(&programs)?;
    print_bars("ratio", rounds);
    bar("vendor note / one durable commit, 100 vendors", ratio(&programs[1], &programs[0]), 2.0);
    bar("vendor note / one durable commit, 1 M entries", ratio(&programs[3], &programs[2]), 2.0);
    Ok(())
}
