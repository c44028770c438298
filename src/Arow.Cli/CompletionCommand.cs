using System.CommandLine;
using System.Globalization;

namespace Arow.Cli;

/// <summary>
/// <c>arow completion</c>: scripts for shells, which ask the program itself by System.CommandLine's directive
/// <c>[suggest:POSITION] "LINE"</c>, so that they never grow old.
/// </summary>
internal static class CompletionCommand
{
    private const string Directive = "[suggest";

    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            # arow completion for bash: eval "$(arow completion bash)"
            _arow_complete() {
                local word="${COMP_WORDS[COMP_CWORD]}" before="" IFS=$'\n'
                # --option=value is one word or three, by COMP_WORDBREAKS.
                [[ $word == --*=* ]] && before="${word%%=*}="
                word="${word#"$before"}"
                [[ $word == "=" ]] && word=""
                local found="$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)"
                COMPREPLY=($(compgen -P "$before" -W "$found" -- "$word"))
            }
            complete -o default -F _arow_complete arow
            """,
        ["zsh"] = """
            # arow completion for zsh: eval "$(arow completion zsh)", after compinit
            _arow_complete() {
                local line="${(j: :)words[1,CURRENT-1]} $PREFIX"
                local -a found
                [[ $PREFIX == --*=* ]] && compset -P '*='
                found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
                [[ -n "${found[1]}" ]] && compadd -a found || _files
            }
            compdef _arow_complete arow
            """,
        ["fish"] = """
            # arow completion for fish: arow completion fish | source
            function _arow_complete
                set -l line (commandline -cp)
                set -l before (string match -r -- '^--[^=]*=' (commandline -ct))
                for found in (arow "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
                    string join -- "" $before $found
                end
            end
            complete -c arow -a '(_arow_complete)'
            """,
        ["powershell"] = """
            # arow completion for PowerShell: arow completion powershell | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName arow -ScriptBlock {
                param($word, $command, $position)
                $length = $position - $command.Extent.StartOffset
                $line = "$command".PadRight($length).Substring(0, $length)
                $before = if ($word -match '^--[^=]*=') { $matches[0] } else { '' }
                arow "[suggest:$length]" $line 2>$null | ForEach-Object { "$before$_" } | Where-Object { $_ -like "$word*" } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", Scripts.Keys) };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        var command = new Command("completion", """
            Print a script that completes commands, options and values in a shell.

            Examples:
              eval "$(arow completion bash)"
              arow completion bash >> ~/.bashrc
              arow completion fish > ~/.config/fish/completions/arow.fish
            """) { shell };
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(shell)!;
            Console.WriteLine(Scripts.TryGetValue(name, out var script) ? script.ReplaceLineEndings("\n") : throw new InputException(
                $"shell '{name}' is unknown{Arow.Options.Suggestion.Known(name, Scripts.Keys)}"));
            return 0;
        });
        return command;
    }

    /// <summary>Answers a shell, a completion a line; null if it is not one that asks.</summary>
    /// <param name="root">The program.</param>
    /// <param name="words">The directive with the cursor's position, and the line so far, the program's name included.</param>
    public static IEnumerable<string>? Suggest(Command root, string[] words)
    {
        if (words is not [{ } directive, ..] || !directive.StartsWith(Directive, StringComparison.Ordinal) || !directive.EndsWith(']')) return null;
        var line = words.Length > 1 ? words[1] : "";
        var position = directive.Split(':') is [_, var at] && int.TryParse(at.TrimEnd(']'), CultureInfo.InvariantCulture, out var given)
            ? Math.Clamp(given, 0, line.Length) : line.Length;
        // The program may have been called by a path.
        var start = line.IndexOf(' ', StringComparison.Ordinal);
        if (start < 0 || position <= start) return [];
        var command = root.Name + line[start..position];
        var word = command[(command.LastIndexOf(' ') + 1)..];
        if (word.StartsWith("--", StringComparison.Ordinal) && word.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
        {
            // As the shells want it: the value alone.
            var value = word[(equals + 1)..];
            command = $"{command[..^(value.Length + 1)]} {value}";
            word = value;
        }
        // The last name of a list, after those before it.
        var listed = word.StartsWith('-') ? "" : word[..(word.LastIndexOf(',') + 1)];
        if (listed.Length == 0) return Complete(root, command);
        return Complete(root, command[..^word.Length] + word[listed.Length..]).Where(name => name[0] != '-').Select(name => listed + name);
    }

    private static IEnumerable<string> Complete(Command root, string command)
    {
        try
        {
            return [.. root.Parse(command).GetCompletions(command.Length).Select(c => c.Label).Where(label => label.Length > 0 && label[0] != '/')
                .Distinct()];
        }
        catch (InvalidOperationException)
        {
            // The parser has none for some unfinished words; a shell is no place for its complaint.
            return [];
        }
    }
}
