using Arow.Checkpoints;
using Arow.Onnx.Operators;

namespace Arow.Onnx.Graphs;

/// <summary>
/// Computes an ONNX graph of one input by libtorch, so that its outputs have gradients. The graph is parsed once, what depends on constants
/// only is computed once, and each other node is one call. Several threads may run it at the same time.
/// </summary>
internal sealed class GraphInterpreter : IDisposable
{
    private const int OldestOpset = 7;

    // One gigabyte of float32.
    private const long MaxElements = 1L << 28;

    private readonly ModelGraph graph;
    private readonly GraphContext context;
    private readonly long maxElements;
    private readonly List<Step> steps = [];
    private readonly Dictionary<string, int> slots = [];
    private readonly List<Tensor?> constants = [];
    private readonly List<Tensor> owned = [];
    private readonly int input;

    /// <summary>A node: places of its inputs (−1 for one that is left out) and outputs, and the values that nothing needs after it.</summary>
    private sealed record Step(GraphNode Node, Func<NodeCall, Tensor[]> Operator, int[] Inputs, int[] Outputs)
    {
        public int[] Released { get; set; } = [];
    }

    private GraphInterpreter(ModelGraph graph, ScalarType real, Device device, long maxElements)
    {
        (this.graph, this.maxElements) = (graph, maxElements);
        context = new GraphContext(graph.Opset, real, device, maxElements);
        input = SlotOf(graph.Inputs[0]);
    }

    /// <summary>Number of nodes that are computed for each batch.</summary>
    public int NodeCount => steps.Count;

    /// <summary>Number of nodes of a kind.</summary>
    public bool Uses(string kind) => steps.Exists(s => s.Node.Operator == kind);

    /// <summary>The constants of the computation.</summary>
    public IEnumerable<Tensor> Constants => constants.OfType<Tensor>();

    /// <summary>Prepares a graph.</summary>
    /// <param name="graph">The graph; owned by the interpreter, also if this fails.</param>
    /// <param name="outputs">Names of the values that will be asked for.</param>
    /// <param name="real">Floating-point type of the computation, the one that the graph was read with.</param>
    /// <param name="device">Device of the images.</param>
    /// <param name="maxElements">Most elements of all folded constants together, and of one value of one image.</param>
    /// <exception cref="UnsupportedGraphException">An operator is not supported, or the graph is invalid.</exception>
    public static GraphInterpreter Create(
        ModelGraph graph, IReadOnlyList<string> outputs, ScalarType real, Device device, long maxElements = MaxElements)
    {
        try
        {
            if (graph.Inputs.Count != 1) throw new UnsupportedGraphException($"it has {graph.Inputs.Count} inputs");
            if (graph.Opset < OldestOpset)
                throw new UnsupportedGraphException($"its operators are of version {graph.Opset}; those from {OldestOpset} on are supported");
        }
        catch
        {
            graph.Dispose();
            throw;
        }
        var interpreter = new GraphInterpreter(graph, real, device, maxElements);
        try
        {
            interpreter.Prepare(outputs);
            return interpreter;
        }
        catch
        {
            interpreter.Dispose();
            throw;
        }
    }

    /// <summary>Computes values of the graph.</summary>
    /// <param name="images">The input, in the layout of the graph.</param>
    /// <param name="names">Names that were given to <see cref="Create"/>.</param>
    /// <returns>The values, in the caller's dispose scope.</returns>
    /// <exception cref="UnsupportedGraphException">The graph cannot be computed for this input.</exception>
    public Tensor[] Run(Tensor images, params IReadOnlyList<string> names)
    {
        using var scope = NewDisposeScope();
        var values = new Tensor?[constants.Count];
        var limits = context with { MaxElements = maxElements * Math.Max(1.0, images.dim() > 0 ? images.shape[0] : 1) };
        values[input] = images.to(context.Real);
        foreach (var step in steps)
        {
            var results = Apply(step, Inputs(step, values), limits);
            for (var i = 0; i < results.Length; i++)
            {
                if (i < step.Outputs.Length && step.Outputs[i] >= 0) values[step.Outputs[i]] = results[i];
            }
            foreach (var slot in step.Released)
            {
                values[slot]?.Dispose();
                values[slot] = null;
            }
        }
        return [.. names.Select(name => (values[slots[name]] ?? constants[slots[name]] ?? throw Missing(name)).alias().MoveToOuterDisposeScope())];
    }

    public void Dispose()
    {
        foreach (var tensor in owned) tensor.Dispose();
        graph.Dispose();
    }

    private void Prepare(IReadOnlyList<string> outputs)
    {
        var order = Sort(outputs);
        foreach (var node in graph.Nodes.Where(order.Contains))
        {
            if (!node.IsStandard || OperatorTable.Find(node.Operator) is null)
                throw new UnsupportedGraphException($"operator {Printable.Escape(node.FullName)} is not supported");
        }
        foreach (var (name, value) in graph.Constants) constants[SlotOf(name)] = value;
        foreach (var node in order)
        {
            steps.Add(new Step(node, OperatorTable.Find(node.Operator)!, [.. node.Inputs.Select(name => name.Length == 0 ? -1 : SlotOf(name))],
                [.. node.Outputs.Select(name => name.Length == 0 ? -1 : SlotOf(name))]));
        }
        Fold();
        var wanted = outputs.Select(SlotOf).ToHashSet();
        ReleaseAfterLastUse(wanted);
        KeepOnDevice(wanted);
    }

    /// <summary>The nodes that the outputs depend on, each after those that it depends on.</summary>
    private List<GraphNode> Sort(IReadOnlyList<string> outputs)
    {
        var producers = new Dictionary<string, GraphNode>();
        foreach (var node in graph.Nodes)
        {
            foreach (var output in node.Outputs.Where(o => o.Length > 0))
            {
                if (!producers.TryAdd(output, node) || graph.Constants.ContainsKey(output) || output == graph.Inputs[0])
                    throw new UnsupportedGraphException("two of its values have one name");
            }
        }
        var (order, done, begun) = (new List<GraphNode>(), new HashSet<GraphNode>(ReferenceEqualityComparer.Instance),
            new HashSet<GraphNode>(ReferenceEqualityComparer.Instance));
        // A stack of our own: graphs have thousands of nodes in a row.
        var open = new Stack<(GraphNode Node, bool IsExpanded)>();
        foreach (var name in outputs.Reverse()) Visit(name);
        while (open.TryPop(out var top))
        {
            if (top.IsExpanded)
            {
                if (done.Add(top.Node)) order.Add(top.Node);
                continue;
            }
            if (done.Contains(top.Node)) continue;
            if (!begun.Add(top.Node)) throw new UnsupportedGraphException("its nodes form a cycle");
            open.Push((top.Node, true));
            foreach (var name in top.Node.Inputs.Where(i => i.Length > 0).Reverse()) Visit(name);
        }
        return order;

        void Visit(string name)
        {
            if (producers.TryGetValue(name, out var node))
            {
                if (!done.Contains(node)) open.Push((node, false));
            }
            else if (name != graph.Inputs[0] && !graph.Constants.ContainsKey(name)) throw Missing(name);
        }
    }

    /// <summary>
    /// Computes once what depends on constants only. Shapes are not constant: the number of images differs.
    /// </summary>
    private void Fold()
    {
        using var frozen = no_grad();
        var left = maxElements;
        var remaining = new List<Step>();
        foreach (var step in steps)
        {
            if (!Array.TrueForAll(step.Inputs, slot => slot < 0 || constants[slot] is not null))
            {
                remaining.Add(step);
                continue;
            }
            using var scope = NewDisposeScope();
            // Constants are folded on the CPU, where the file's are.
            var results = Apply(step, Inputs(step, constants), context with { Device = CPU, MaxElements = left, IsFolding = true });
            for (var i = 0; i < Math.Min(results.Length, step.Outputs.Length); i++)
            {
                if (step.Outputs[i] < 0) continue;
                if ((left -= results[i].numel()) < 0) throw new UnsupportedGraphException("its constants are too large");
                var value = results[i].contiguous().alias().DetachFromDisposeScope();
                owned.Add(value);
                constants[step.Outputs[i]] = value;
            }
        }
        steps.Clear();
        steps.AddRange(remaining);
    }

    private void ReleaseAfterLastUse(HashSet<int> wanted)
    {
        var last = new Dictionary<int, int>();
        for (var i = 0; i < steps.Count; i++)
        {
            foreach (var slot in steps[i].Inputs.Concat(steps[i].Outputs)) if (slot >= 0) last[slot] = i;
        }
        foreach (var ends in last.Where(l => l.Key != input && constants[l.Key] is null && !wanted.Contains(l.Key)).GroupBy(l => l.Value))
            steps[ends.Key].Released = [.. ends.Select(l => l.Key)];
    }

    /// <summary>Drops constants that are not needed any more, and moves real numbers to the device; integers are shapes and places.</summary>
    private void KeepOnDevice(HashSet<int> wanted)
    {
        var used = steps.SelectMany(s => s.Inputs).Concat(wanted).ToHashSet();
        for (var slot = 0; slot < constants.Count; slot++)
        {
            if (constants[slot] is not { } value) continue;
            if (!used.Contains(slot)) constants[slot] = null;
            else if (value.is_floating_point() && context.Device.type != DeviceType.CPU)
            {
                constants[slot] = value.to(context.Device).DetachFromDisposeScope();
                owned.Add(constants[slot]!);
            }
        }
        // Only the constants that are used stay in memory.
        var kept = constants.OfType<Tensor>().ToHashSet((IEqualityComparer<Tensor>)ReferenceEqualityComparer.Instance);
        foreach (var value in owned.Concat(graph.Constants.Values).Where(t => !kept.Contains(t))) value.Dispose();
        owned.RemoveAll(t => !kept.Contains(t));
    }

    private Tensor?[] Inputs(Step step, IReadOnlyList<Tensor?> values)
    {
        var inputs = new Tensor?[step.Inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            var slot = step.Inputs[i];
            if (slot >= 0) inputs[i] = values[slot] ?? constants[slot] ?? throw Missing(step.Node.Inputs[i]);
        }
        return inputs;
    }

    /// <summary>Computes a node. Its results are new tensors in the caller's dispose scope, also where they are its inputs.</summary>
    private static Tensor[] Apply(Step step, Tensor?[] inputs, GraphContext context)
    {
        using var scope = NewDisposeScope();
        try
        {
            var results = step.Operator(new NodeCall(step.Node, inputs, context));
            for (var i = 0; i < results.Length; i++)
            {
                if (Array.Exists(inputs, t => ReferenceEquals(t, results[i]))) results[i] = results[i].alias();
                results[i].MoveToOuterDisposeScope();
            }
            return results;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or OverflowException
            or System.Runtime.InteropServices.ExternalException)
        {
            throw new UnsupportedGraphException($"{step.Node.Operator} cannot be computed: {ModelProbe.NativeErrorMessage(e)}");
        }
    }

    private int SlotOf(string name)
    {
        if (slots.TryGetValue(name, out var slot)) return slot;
        slots.Add(name, constants.Count);
        constants.Add(null);
        return constants.Count - 1;
    }

    private static UnsupportedGraphException Missing(string name) => new($"its value '{Printable.Escape(name)}' is computed by nothing");
}
