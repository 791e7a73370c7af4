# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cmr_global_optspecs
    string join \n vault= json no-input y/yes dry-run passphrase-fd= data-key-fd= color= q/quiet v/verbose h/help V/version
end

function __fish_cmr_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cmr_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cmr_using_subcommand
    set -l cmd (__fish_cmr_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cmr -n "__fish_cmr_needs_command" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_needs_command" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_needs_command" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_needs_command" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_needs_command" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_needs_command" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_needs_command" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_needs_command" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_needs_command" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_needs_command" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_needs_command" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_needs_command" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "init" -d 'Make a vault: your passphrase, and a recovery key shown once'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "demo" -d 'See the main job work on a vault and three vendors of its own'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "status" -d 'Where things stand, and what needs you'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "unlock" -d 'Enter the passphrase once: the vault stays unlocked for a while'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "lock" -d 'Lock the vault now'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "key" -d 'The ways to open the vault'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "profile" -d 'Your claims: name, e-mail, addresses, and every version of them'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "persona" -d 'Named sets of claim values: default, work, …'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "vendor" -d 'Vendors, and your relationship with each'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "grant" -d 'What you lend: claims, for a purpose, for a time, revocable'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "push" -d 'Deliver what waits, and collect the vendors\' answers'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "pull" -d 'Collect the vendors\' answers'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "outbox" -d 'Messages on their way'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "who" -d 'Which vendors have a claim of yours'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "search" -d 'Find words in vendors, notes, messages and the ledger'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "log" -d 'The ledger: every change, in a chain that can be verified'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "receiver" -d 'The vendor\'s side: a reference server that takes pushes'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "agent" -d 'Hold the key of an unlocked vault: cmr unlock starts it'
complete -c cmr -n "__fish_cmr_needs_command" -f -a "completions" -d 'Print the completion script for a shell'
complete -c cmr -n "__fish_cmr_using_subcommand init" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand init" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand init" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand init" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand init" -l recovery-file -d 'Write the recovery key to this new file, readable by you alone, instead of showing it' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand init" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand init" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand init" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand init" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand init" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand init" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand init" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand init" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -l keep -d 'Keep the demo\'s vault, and say how to play with it'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand demo" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand status" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand status" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand status" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand status" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand status" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand status" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand status" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand status" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand status" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand status" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand status" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand status" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand unlock" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand lock" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand lock" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand lock" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand lock" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand lock" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -f -a "list" -d 'List the key slots, when each was last used, and whether its file is whole'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -f -a "add" -d 'Add a way to open the vault, or put a new one in the place of an old one'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -f -a "remove" -d 'Remove a way to open the vault; the last one that works stays'
complete -c cmr -n "__fish_cmr_using_subcommand key; and not __fish_seen_subcommand_from list add remove rotate" -f -a "rotate" -d 'Make a new data key: write the database anew, and every slot'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -f -a "passphrase" -d 'A passphrase; to change it: cmr key add passphrase --replace'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -f -a "recovery" -d 'A recovery key: shown once, to be kept away from this computer'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -f -a "device" -d 'An age identity in a file on a device'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -f -a "ssh" -d 'An ssh key: ssh-ed25519 or ssh-rsa'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -f -a "plugin" -d 'A hardware key, through its age plugin: YubiKey, Secure Enclave, TPM'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from add" -f -a "keyring" -d 'An identity in the system\'s keyring, where cmr was built with it'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand key; and __fish_seen_subcommand_from rotate" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -f -a "show" -d 'Show all claims, or one'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -f -a "set" -d 'Set a claim; active grants that carry it follow'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -f -a "unset" -d 'Take a claim away; active grants that carry it follow'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -f -a "edit" -d 'Edit the profile as TOML in $EDITOR; nothing stays in clear afterwards'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -f -a "import" -d 'Fill the profile from a vCard (2.1, 3.0 or 4.0)'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -f -a "export" -d 'Write the profile as a vCard 4.0'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and not __fish_seen_subcommand_from show set unset edit import export history" -f -a "history" -d 'Every version of a claim, or of all'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l all -d 'List every claim that a profile can hold, set or not'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from unset" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l card -d 'Which card of several is you, counted from 1' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l name -d 'The name on the card that is you' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -s o -l output -d 'The file, which must not exist; standard output without it' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l persona -d 'Which persona\'s claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand profile; and __fish_seen_subcommand_from history" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -f -a "list" -d 'List the personas'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -f -a "add" -d 'Add a persona'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and not __fish_seen_subcommand_from list add remove" -f -a "remove" -d 'Remove a persona that no grant ever used, with its claims'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand persona; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -f -a "add" -d 'Add a vendor: discover what it takes, and make a key for this relationship alone'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -f -a "list" -d 'List the vendors'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -f -a "show" -d 'Show a vendor: what it takes, its keys, grants, aliases and notes'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -f -a "set" -d 'Change what you keep about a vendor'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -f -a "note" -d 'Note something about a vendor'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -f -a "alias" -d 'Give one vendor another value of a claim than the others get'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and not __fish_seen_subcommand_from add list show set note alias knows" -f -a "knows" -d 'What a vendor knows of you, from what was delivered and not stated deleted'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l url -d 'Its https URL, as it names it for cmr' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l token-file -d 'Read the token that the vendor gave you from this file' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l token-fd -d 'Read it from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l approve-origin -d 'Approve an endpoint\'s origin other than the vendor\'s own' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l account -d 'Your account or customer number there' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l allow-loopback -d 'Let the vendor be on this machine, without TLS; kept with the vendor. For tests'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l name -d 'Call it otherwise' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l title -d 'Its name in full' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l account -d 'Your account or customer number there; empty takes it away' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l rank -d 'How much it matters to you, 1 first; 0 takes it away' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l token-file -d 'Read the token that the vendor gave you from this file' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l token-fd -d 'Read it from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l approve-origin -d 'Approve an endpoint\'s origin other than the vendor\'s own' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l discover -d 'Read its document and keys again'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from note" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l remove -d 'Take the alias away'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from alias" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l at -d 'As of the end of this day, or of this moment' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand vendor; and __fish_seen_subcommand_from knows" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -f -a "create" -d 'Lend claims to a vendor, after a preview'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -f -a "list" -d 'List the current grants'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -f -a "show" -d 'Show a grant: scope, states, messages and answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -f -a "preview" -d 'What the vendor has, what would be new to it, what is blocked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -f -a "amend" -d 'Change what a grant lends'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -f -a "renew" -d 'Let a grant last longer; no data is sent again'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and not __fish_seen_subcommand_from create list show preview amend renew revoke" -f -a "revoke" -d 'Take a grant back; its consequences are shown first'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l claims -d 'The claims, such as email,address.home; pd:Name for all of a category' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l purpose -d 'What for: a purpose of DPV 2.2, such as DeliveryOfGoods' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l words -d 'What for, in your own words' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l expires -d 'When it ends: 90d, 6mo, 1y, or a date' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l data-life -d 'How long the vendor may keep the claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l lawful-basis -d 'Consent or Contract' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l terms -d 'An agreement of IEEE 7012, such as SD-BASE' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l recipient -d 'Who else may have the claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l why -d 'Why a claim is needed' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l optional -d 'A claim that the purpose can do without' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l persona -d 'Whose values' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l once -d 'Tell no later changes: the values of today only'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l draft -d 'Keep it as a draft: the vendor is not told'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from create" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l vendor -d 'Only of this vendor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l all -d 'Ended ones too'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from preview" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l add -d 'Lend these claims too' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l drop -d 'Lend these claims no more' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l purpose -d 'The purposes from now on' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l words -d 'What for, in your own words' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l data-life -d 'How long the vendor may keep the claims' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l terms -d 'An agreement of IEEE 7012' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l recipient -d 'Who else may have the claims, from now on' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l offer -d 'Offer a draft to the vendor'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l widen -d 'With --yes: also where the vendor gets or may do more than before'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from amend" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l expires -d 'The new end: 90d, 6mo, 1y, or a date' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from renew" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l why -d 'Why, for your own ledger; the vendor is not told' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand grant; and __fish_seen_subcommand_from revoke" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand push" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand push" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand push" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand push" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand push" -l timeout -d 'How long a vendor may take to answer, in seconds' -r
complete -c cmr -n "__fish_cmr_using_subcommand push" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand push" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand push" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand push" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand push" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand push" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand push" -l now -d 'Also what waits for a later time'
complete -c cmr -n "__fish_cmr_using_subcommand push" -l no-pull -d 'Do not collect the answers of the vendors that were reached'
complete -c cmr -n "__fish_cmr_using_subcommand push" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand push" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l timeout -d 'How long a vendor may take to answer, in seconds' -r
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand pull" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -f -a "list" -d 'List what waits, is held or failed'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -f -a "show" -d 'Show a message: its state, and the very token that goes to the vendor'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -f -a "retry" -d 'Let a held or waiting message be sent with the next push'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and not __fish_seen_subcommand_from list show retry drop" -f -a "drop" -d 'Drop a message that waits or is held: the vendor never hears of it'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l all -d 'Delivered and cancelled ones too'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from retry" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand outbox; and __fish_seen_subcommand_from drop" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand who" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand who" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand who" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand who" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand who" -l at -d 'As of the end of this day, or of this moment' -r
complete -c cmr -n "__fish_cmr_using_subcommand who" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand who" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand who" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand who" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand who" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand who" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand who" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand who" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand search" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand search" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand search" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand search" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand search" -l in -d 'Only there; more than one can be named' -r -f -a "vendor\t'Names, titles, domains and accounts'
note\t'Your notes about vendors'
message\t'Messages out and in: what they are about'
ledger\t'Entries of the ledger'"
complete -c cmr -n "__fish_cmr_using_subcommand search" -l limit -d 'At most this many of each noun' -r
complete -c cmr -n "__fish_cmr_using_subcommand search" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand search" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand search" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand search" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand search" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand search" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand search" -l newest -d 'The newest first, and not what fits best'
complete -c cmr -n "__fish_cmr_using_subcommand search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cmr -n "__fish_cmr_using_subcommand search" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l limit -d 'At most this many, the newest' -r
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -a "show" -d 'Show one entry, with all that was hashed'
complete -c cmr -n "__fish_cmr_using_subcommand log; and not __fish_seen_subcommand_from show verify" -a "verify" -d 'Check every entry of the chain, and the database itself'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l accept-loss -d 'Go on without the entries that are missing since an older database was put back'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand log; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -f -a "serve" -d 'Take pushes until Ctrl-C'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -f -a "customer" -d 'The customers who may push'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and not __fish_seen_subcommand_from serve customer show" -f -a "show" -d 'What arrived: grants, their claims, and each message'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l listen -d 'IP address and port; port 0 takes a free one' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l data -d 'Where the receiver keeps its key and what it was lent' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l public-url -d 'The URL that customers reach it at, where it stands behind a proxy' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l name -d 'What the vendor calls itself' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l claims -d 'Take these claims only' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from serve" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -f -a "add" -d 'Add a customer, and print their token once'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from customer" -f -a "list" -d 'List the customers'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l data -d 'Where the receiver keeps its data' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand receiver; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l idle-ms -d 'End when no command used the key for so many milliseconds' -r
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l absolute-ms -d 'End after so many milliseconds in any case' -r
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l by -d 'What the vault was unlocked with' -r
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -s h -l help -d 'Print help'
complete -c cmr -n "__fish_cmr_using_subcommand agent" -s V -l version -d 'Print version'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -l vault -d 'Where the vault lies [env: CMR_HOME]' -r -F
complete -c cmr -n "__fish_cmr_using_subcommand completions" -l passphrase-fd -d 'Read the passphrase from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand completions" -l data-key-fd -d 'Read the data key, 64 hexadecimal digits, from this open file descriptor' -r
complete -c cmr -n "__fish_cmr_using_subcommand completions" -l color -d 'Colours: auto, always or never' -r -f -a "auto\t'On a terminal that can show them'
always\t'Always'
never\t'Never'"
complete -c cmr -n "__fish_cmr_using_subcommand completions" -l json -d 'Print one JSON document instead of text'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -l no-input -d 'Never ask: fail, and name the option that answers'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -s y -l yes -d 'Answer yes to what would be asked'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -l dry-run -d 'Show what would be done, and do nothing'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -s q -l quiet -d 'Say less: nothing but the result'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -s v -l verbose -d 'Say more: -v what happens, -vv each step. Never a value of the profile'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cmr -n "__fish_cmr_using_subcommand completions" -s V -l version -d 'Print version'
