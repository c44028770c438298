using Arow.EndToEnd.Infra;

namespace Arow.EndToEnd;

public sealed class ShellsComplete
{
    [Theory]
    [InlineData("arow ev", "evaluate")]
    [InlineData("/usr/bin/arow data fe", "fetch")]
    [InlineData("arow train --obj", "--objective")]
    [InlineData("arow train --objective ar", "arow")]
    [InlineData("arow evaluate runs/a --norm l", "linf")]
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
        arow.Run("completion", "bsh").AssertRefused("known are bash zsh fish powershell (did you mean bash?)");
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
            complete -p arow
            """).AssertDone();
        Assert.Equal(["arow-ce", "complete -o default -F _arow_complete arow"], outcome.Output.TrimEnd().Split('\n'));
    }
}
