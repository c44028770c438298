namespace Arow.EndToEnd;

public sealed class ShellsComplete
{
    [Theory]
    [InlineData("arow ev", "evaluate")]
    [InlineData("/usr/bin/arow data fe", "fetch")]
    [InlineData("arow train --obj", "--objective")]
    [InlineData("arow train --objective ar", "arow")]
    [InlineData("arow evaluate runs/a --norm l", "linf")]
    [InlineData("arow train --objective=ar", "arow")]
    [InlineData("arow train --objective=", "trades")]
    [InlineData("arow evaluate runs/a --attack fgsm,pg", "fgsm,pgd20")]
    [InlineData("arow train --model resnet5", "resnet50-imagenet")]
    [InlineData("arow help tra", "train")]
    [InlineData("arow completion ", "powershell")]
    public void By_asking_the_program(string line, string found)
    {
        using var arow = new Program();
        // Without libtorch: nothing of it may be loaded for this.
        arow.Environment["AROW_LIBTORCH"] = arow.Folder;
        var lines = arow.Run($"[suggest:{line.Length}]", line).AssertDone().Output.Split('\n');
        Assert.Contains(found, lines);
        Assert.DoesNotContain("try-model", lines);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _arow_complete arow")]
    [InlineData("zsh", "compdef _arow_complete arow")]
    [InlineData("fish", "complete -c arow")]
    [InlineData("powershell", "Register-ArgumentCompleter")]
    public void A_script_for_each_shell(string shell, string says)
    {
        using var arow = new Program();
        Assert.Contains(says, arow.Run("completion", shell).AssertDone().Output);
        arow.Run("completion", "bsh").AssertRefused("(did you mean bash?); known are bash zsh fish powershell");
    }

    [Fact]
    public void In_bash_itself()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "needs bash");
        using var arow = new Program();
        var outcome = arow.RunShell("""
            eval "$("$0" completion bash)"
            COMP_LINE='arow train --objective arow-' COMP_POINT=28
            COMP_WORDS=("$0" train --objective arow-) COMP_CWORD=3
            _arow_complete
            printf '%s\n' "${COMPREPLY[@]}"
            COMP_LINE='arow train --objective=arow-' COMP_POINT=28
            COMP_WORDS=("$0" train --objective = arow-) COMP_CWORD=4
            _arow_complete
            printf '%s\n' "${COMPREPLY[@]}"
            COMP_WORDS=("$0" train --objective=arow-) COMP_CWORD=2
            _arow_complete
            printf '%s\n' "${COMPREPLY[@]}"
            complete -p arow
            """).AssertDone();
        Assert.Equal(["arow-ce", "arow-ce", "--objective=arow-ce", "complete -o default -F _arow_complete arow"], outcome.Output.TrimEnd().Split('\n'));
    }

    /// <summary>The parts of its completion system that the script uses are in place of themselves: they need a terminal.</summary>
    [Fact]
    public void In_zsh_itself()
    {
        var outcome = In("zsh", "-f", "-c", """
            compdef() { print -r -- "compdef $*"; }
            compadd() { print -rl -- "${(@M)${(P)2}:#$PREFIX*}"; }
            compset() { PREFIX=${PREFIX#*=}; }
            _files() { print files; }
            eval "$(arow completion zsh)"
            words=(arow train --objective arow-) CURRENT=4 PREFIX=arow-; _arow_complete
            words=(arow data fetch x) CURRENT=3 PREFIX=fe; _arow_complete
            words=(arow train --objective=arow-) CURRENT=3 PREFIX=--objective=arow-; _arow_complete
            words=(arow train --output '') CURRENT=4 PREFIX=; _arow_complete
            """);
        Assert.Equal(["compdef _arow_complete arow", "arow-ce", "fetch", "arow-ce", "files"], outcome);
    }

    [Fact]
    public void In_fish_itself() => Assert.Equal(["arow-ce", "evaluate", "linf", "--objective=arow-ce"], In("fish", "-N", "-c", """
        arow completion fish | source
        complete -C 'arow train --objective arow-'
        complete -C 'echo a; arow ev'
        complete -C 'arow evaluate runs/a --norm li'
        complete -C 'arow train --objective=arow-'
        """));

    [Fact]
    public void In_PowerShell_itself() => Assert.Equal(["arow-ce", "evaluate", "linf", "--objective=arow-ce", "verify"], In("pwsh", "-NoProfile", "-Command", """
        arow completion powershell | Out-String | Invoke-Expression
        foreach ($line in 'arow train --objective arow-', 'echo a; arow ev', 'arow evaluate runs/a --norm li', 'arow train --objective=arow-', 'arow data ') {
            [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches[-1].CompletionText
        }
        """));

    /// <summary>What a shell with the program in its path writes; skips the test where there is no such shell.</summary>
    private static string[] In(string shell, params string[] arguments)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        var executable = path.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, shell)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(executable is null, $"there is no {shell} on this machine");
        using var arow = new Program();
        arow.Environment["PATH"] = $"{Program.Home}{Path.PathSeparator}{path}";
        arow.Environment["HOME"] = arow.Folder;
        (arow.Environment["POWERSHELL_TELEMETRY_OPTOUT"], arow.Environment["POWERSHELL_UPDATECHECK"]) = ("1", "Off");
        return arow.RunOther(executable!, arguments).AssertDone().Output.TrimEnd().Split('\n');
    }
}
