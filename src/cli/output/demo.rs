//! `demo`.

use schemars::JsonSchema;
use serde::Serialize;

use super::View;
use super::text::{DIM, Text};

/// `cmr demo`, at its end.
#[derive(Serialize, JsonSchema)]
pub struct Demo {
    /// What was typed.
    pub steps: Vec<Step>,
    /// How long it took.
    pub seconds: f64,
    /// Where the demo's vault was kept, if it was.
    pub kept: Option<String>,
}

/// One command of the demo.
#[derive(Serialize, JsonSchema)]
pub struct Step {
    /// The line.
    pub command: String,
}

impl View for Demo {
    const SCHEMA: &'static str = "cmr/demo/1";

    fn text(&self, out: &mut Text) {
        let (n, seconds) = (self.steps.len(), self.seconds);
        out.line("");
        match &self.kept {
            None => out.line(format!(
                "{DIM}{n} commands in {seconds:.1} seconds; nothing is left of them. Now yours: cmr init{DIM:#}"
            )),
            Some(_) => out.line(format!("{DIM}{n} commands in {seconds:.1} seconds.{DIM:#}")),
        }
    }
}
