namespace Arow.Onnx.Graphs;

/// <summary>The function at the end of a graph that makes probabilities of logits, and the value that it is computed from.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Logits">Name of the logits in the graph.</param>
internal sealed record FinalActivation(ActivationKind Kind, string Logits)
{
    private const int MaxSteps = 16;

    /// <summary>Looks behind an output; an output without such a function is the logits itself.</summary>
    public static FinalActivation Find(ModelGraph graph, string output)
    {
        var nodes = new Producers(graph);
        return nodes.Find(nodes.Origin(output)) switch
        {
            { Operator: "Softmax" } softmax => new FinalActivation(ActivationKind.Softmax, softmax.Inputs[0]),
            { Operator: "Sigmoid" } sigmoid => new FinalActivation(ActivationKind.Sigmoid, sigmoid.Inputs[0]),
            // Softmax in steps: e / Σ e with e = exp(z) or exp(z - max z).
            { Operator: "Div", Inputs: [var dividend, var divisor] } when nodes.Find(dividend) is { Operator: "Exp" } exponential
                && nodes.Find(divisor) is { Operator: "ReduceSum" } sum && sum.Inputs[0] == dividend =>
                new FinalActivation(ActivationKind.Softmax, WithoutMaximum(exponential.Inputs[0])),
            _ => new FinalActivation(ActivationKind.None, output),
        };

        string WithoutMaximum(string name) => nodes.Find(name) is { Operator: "Sub", Inputs: [var z, var shift] }
            && nodes.Find(shift) is { Operator: "ReduceMax" } maximum && maximum.Inputs[0] == z ? z : name;
    }

    /// <summary>The value that an output passes on, without changes of its shape and names.</summary>
    public static string Origin(ModelGraph graph, string output) => new Producers(graph).Origin(output);

    /// <summary>Returns the logits that give probabilities, up to what their rounding leaves.</summary>
    /// <param name="output">The output of the graph.</param>
    public Tensor Undo(Tensor output)
    {
        // The smallest positive float32, and the largest below 1.
        const double Smallest = 1.2e-38, Largest = 1 - 6e-8;
        return Kind switch
        {
            ActivationKind.Softmax => output.clamp_min(Smallest).log(),
            ActivationKind.Sigmoid => output.clamp(Smallest, Largest).logit(),
            _ => output,
        };
    }

    /// <summary>Returns the output that logits give.</summary>
    public Tensor Apply(Tensor logits) => Kind switch
    {
        ActivationKind.Softmax => logits.softmax(1),
        ActivationKind.Sigmoid => logits.sigmoid(),
        _ => logits,
    };

    /// <summary>The nodes by their outputs.</summary>
    private sealed class Producers(ModelGraph graph)
    {
        private readonly ILookup<string, GraphNode> nodes = graph.Nodes.Where(n => n.IsStandard && n.Inputs.Count > 0)
            .SelectMany(node => node.Outputs.Select(output => (output, node))).ToLookup(p => p.output, p => p.node);

        public GraphNode? Find(string name) => nodes[name].FirstOrDefault();

        public string Origin(string name)
        {
            for (var i = 0; i < MaxSteps; i++)
            {
                if (Find(name) is not { Operator: "Identity" or "Dropout" or "Cast" or "Flatten" or "Reshape" or "Squeeze" } node) break;
                name = node.Inputs[0];
            }
            return name;
        }
    }
}
