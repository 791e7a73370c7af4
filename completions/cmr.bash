# Completion of cmr's command line in bash: eval "$(cmr completions bash)"
#
# The program answers at each Tab with one candidate a line, or names what bash completes by itself.

_cmr() {
    local IFS=$'\n' answer glob=
    COMPREPLY=()
    answer=$(CMR_COMPLETE=bash command cmr -- "${COMP_LINE:0:COMP_POINT}" "$2" "$COMP_TYPE" "$COLUMNS" 2>/dev/null) ||
        return
    case $answer in
        :files) compopt -o default 2>/dev/null ;;
        :directories) compopt -o dirnames 2>/dev/null ;;
        *)
            [[ $- == *f* ]] || glob=1
            set -f
            COMPREPLY=($answer)
            [[ $glob ]] && set +f
            [[ $answer == *= ]] && compopt -o nospace 2>/dev/null
            ;;
    esac
}

# Before bash 4.4 there is no nosort.
complete -o nosort -F _cmr cmr 2>/dev/null || complete -F _cmr cmr
