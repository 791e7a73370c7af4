# Completion of cmr's command line in fish: cmr completions fish | source
#
# The program answers at each Tab with one candidate a line, or names what fish completes by itself.

function __cmr_complete
    set -l word (commandline --current-token --cut-at-cursor)
    set -l answer (CMR_COMPLETE=fish command cmr -- (commandline --current-process --tokenize --cut-at-cursor) "$word" 2>/dev/null)
    set -l option (string match --regex -- '^--[a-z-]+=' "$word")
    set -l path (string replace --regex -- '^--[a-z-]+=' '' "$word")
    switch "$answer[1]"
        case ''
            return 1
        case :files
            printf '%s\n' "$option"(__fish_complete_path "$path")
        case :directories
            printf '%s\n' "$option"(__fish_complete_directories "$path")
        case '*'
            printf '%s\n' $answer
    end
end

complete --command cmr --no-files --keep-order --arguments '(__cmr_complete)'
