# Completion of wsd for bash, 3.2 or later. Made by: wsd --completion=bash

# _wsd_offer adds what compgen finds for $cur.
_wsd_offer() {
	local word
	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <(compgen "$@" -- "$cur")
}

# _wsd_value completes a value of the flag $1.
_wsd_value() {
	case $1 in
	{{- with .Taking "file"}}
	{{range $i, $name := .}}{{if $i}} | {{end}}{{$name}}{{end}})
		compopt -o filenames 2>/dev/null
		_wsd_offer -f
		;;
	{{- end}}
	{{- with .Taking "folder"}}
	{{range $i, $name := .}}{{if $i}} | {{end}}{{$name}}{{end}})
		compopt -o filenames 2>/dev/null
		_wsd_offer -d
		;;
	{{- end}}
	{{- range .Flags}}{{if eq (takes .) "word"}}
	{{.Name}}) _wsd_offer -W '{{range $i, $word := .EnumSlice}}{{if $i}} {{end}}{{$word}}{{end}}' ;;
	{{- end}}{{end}}
	{{range $i, $name := .Taking "switch"}}{{if $i}} | {{end}}{{$name}}{{end}})
		_wsd_offer -W 'true false'
		;;
	esac
}

# _wsd_is_switch reports whether the flag $1 has no value in the next word.
_wsd_is_switch() {
	case $1 in
	{{range $i, $name := .Taking "switch"}}{{if $i}} | {{end}}{{$name}}{{end}}
	{{- range .Flags}}{{if .Short}} | {{printf "%c" .Short}}{{end}}{{end}}) ;;
	*) return 1 ;;
	esac
}

# _wsd_flags completes the name of a flag, with as many dashes as there are.
_wsd_flags() {
	local dashes=--
	case $cur in -[!-]*) dashes=- ;; esac
	cur=${cur#-}
	cur=${cur#-}
	_wsd_offer -P "$dashes" -W '{{range $i, $flag := .Flags}}{{if $i}} {{end}}{{$flag.Name}}{{if ne (takes $flag) "switch"}}={{end}}{{end}}'
	case ${COMPREPLY[0]-} in *=) compopt -o nospace 2>/dev/null ;; esac
}

_wsd() {
	local cur=${COMP_WORDS[COMP_CWORD]} i=1 name
	COMPREPLY=()
	# Past the flags in front of the cursor. Where = and : part words, as they do
	# unless COMP_WORDBREAKS was changed, --name=value is three of them or more.
	while ((i < COMP_CWORD)); do
		name=${COMP_WORDS[i]}
		case $name in
		--) i=$((i + 1)) && break ;;
		-?*) i=$((i + 1)) ;;
		*) break ;;
		esac
		name=${name#-}
		name=${name#-}
		case ${COMP_WORDS[i]} in
		=*)
			if ((i == COMP_CWORD)); then
				cur=
				_wsd_value "$name"
				return
			fi
			i=$((i + 1))
			;;
		*) case $name in *=*) continue ;; esac
			_wsd_is_switch "$name" && continue ;;
		esac
		if ((i == COMP_CWORD)); then
			_wsd_value "$name"
			return
		fi
		i=$((i + 1))
		while ((i <= COMP_CWORD)) && [[ ${COMP_WORDS[i]} == :* ]]; do
			((i + 1 < COMP_CWORD)) || return
			i=$((i + 2))
		done
	done
	if ((i < COMP_CWORD)); then # among the command's own arguments
		if declare -F _command_offset >/dev/null; then
			_command_offset $i
		else
			compopt -o filenames 2>/dev/null
			_wsd_offer -f
		fi
		return
	fi
	case $cur in
	-*=*) # = parts no words here
		name=${cur%%=*}
		cur=${cur#*=}
		i=$name=
		name=${name#-}
		_wsd_value "${name#-}"
		COMPREPLY=("${COMPREPLY[@]/#/$i}")
		;;
	-*) _wsd_flags ;;
	*)
		compopt -o filenames 2>/dev/null
		_wsd_offer -c
		;;
	esac
}

complete -F _wsd wsd
