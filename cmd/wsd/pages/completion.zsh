#compdef wsd
# Completion of wsd for zsh. Made by: wsd --completion=zsh

_wsd() {
	_arguments -S \
{{- range .Flags}}
{{- $what := printf "[%s]" (zsh (summary .Help))}}
{{- $before := ""}}{{if .IsCumulative}}{{$before = "*"}}{{end}}
{{- $value := ""}}
{{- if eq (takes .) "file"}}{{$value = printf ":%s:_files" .FormatPlaceHolder}}
{{- else if eq (takes .) "folder"}}{{$value = printf ":%s:_files -/" .FormatPlaceHolder}}
{{- else if eq (takes .) "word"}}{{$value = printf ":%s:(%s)" .FormatPlaceHolder (join .EnumSlice " ")}}
{{- else if eq (takes .) "text"}}{{$value = printf ":%s: " (zsh .FormatPlaceHolder)}}{{end}}
{{- if $value}}
		{{quote (printf "%s--%s=%s%s" $before .Name $what $value)}} \
{{- else}}
		{{quote (printf "--%s%s" .Name $what)}} \
{{- end}}
{{- if .Short}}
		{{quote (printf "-%c%s" .Short $what)}} \
{{- end}}
{{- end}}
		'(-)1: :_command_names -e' \
		'*:: :_normal'
}

# Loaded from a folder of $fpath, this file is the function; otherwise it has
# been sourced.
if [[ ${funcstack[1]-} == _wsd ]]; then
	_wsd "$@"
else
	compdef _wsd wsd
fi
