# Completion of wsd for fish. Made by: wsd --completion=fish

# __wsd_command prints the words behind wsd's own flags: the command and its
# arguments, up to the cursor.
function __wsd_command
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case --
                set -e words[1]
                break
            case '-*=*'{{range .Flags}}{{if .Short}} -{{printf "%c" .Short}}{{end}}{{end}}{{range .Taking "switch"}} -{{.}} --{{.}}{{end}}
                set -e words[1]
            case '-?*'
                set -e words[1]
                set -q words[1]; and set -e words[1] # the value
            case '*'
                break
        end
    end
    set -q words[1]; and printf '%s\n' $words
end

function __wsd_no_command
    test (count (__wsd_command)) -lt 2
end

function __wsd_complete_command
    set -l words (__wsd_command)
    set -q words[1]; or return
    set -l last $words[-1]
    set -e words[-1]
    complete -C (string join ' ' -- (string escape -- $words) $last)
end

complete -c wsd -x -a '(__wsd_complete_command)'
{{- range .Flags}}
complete -c wsd -n __wsd_no_command{{if .Short}} -s {{printf "%c" .Short}}{{end}} -l {{.Name}}
{{- if eq (takes .) "file"}} -r -F
{{- else if eq (takes .) "folder"}} -x -a '(__fish_complete_directories)'
{{- else if eq (takes .) "word"}} -x -a '{{join .EnumSlice " "}}'
{{- else if eq (takes .) "text"}} -x
{{- end}} -d {{quote (summary .Help)}}
{{- end}}
