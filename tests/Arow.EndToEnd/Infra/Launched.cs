namespace Arow.EndToEnd.Infra;

/// <summary>The program in several processes by a launcher of MPI; tests skip where there is none.</summary>
internal static class Launched
{
    public const string OpenMpi = "mpirun.openmpi --oversubscribe --allow-run-as-root", Mpich = "mpirun.mpich";

    /// <summary>
    /// Bash functions: <c>rank N FOLDER</c>, the process with that number whose command line names the folder; <c>wait_for PATTERN</c>, a file
    /// or the end of the job.
    /// </summary>
    private const string Functions = """
        rank() {
          for p in $(pgrep -f -- "$2"); do
            tr '\0' '\n' < /proc/$p/environ 2> /dev/null | grep -qxE "(OMPI_COMM_WORLD_RANK|PMI_RANK)=$1" && echo "$p" && return
          done
        }
        wait_for() { while kill -0 $job 2> /dev/null && ! ls $1 > /dev/null 2>&1; do sleep 0.05; done; }
        """;

    /// <summary>A command of a shell, to which the program is <c>$0</c>.</summary>
    public static string Command(string launcher, string arguments, int processes = 2)
    {
        var program = $"/usr/bin/{launcher.Split(' ')[0]}";
        Assert.SkipUnless(File.Exists(program), $"needs {program}: packages openmpi-bin and mpich");
        return $"{launcher} -n {processes} \"$0\" {arguments}";
    }

    /// <summary>Runs to the end, which must come.</summary>
    public static Outcome Run(Program arow, string launcher, string arguments) => arow.RunShell($"timeout -k 5 300 {Command(launcher, arguments)}");

    /// <summary>Starts the program in the background as <c>$job</c>, does something to it, and waits for its end.</summary>
    /// <param name="arow">The program.</param>
    /// <param name="command">The command that starts it.</param>
    /// <param name="meanwhile">Commands that may use the functions above.</param>
    /// <returns>Its exit code and words; at the end of the output <c>took N</c>, the seconds from <paramref name="meanwhile"/> to its end.</returns>
    public static Outcome Disturb(Program arow, string command, string meanwhile) => arow.RunShell($"""
        {Functions}
        timeout -k 5 300 {command} & job=$!
        {meanwhile}
        SECONDS=0
        wait $job; code=$?
        echo "took $SECONDS"
        exit $code
        """);
}
