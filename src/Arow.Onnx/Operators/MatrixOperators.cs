using System.Text.RegularExpressions;

namespace Arow.Onnx.Operators;

/// <summary>Products of matrices, by mm and bmm: libtorch's matmul ends the process on shapes that do not fit.</summary>
internal static partial class MatrixOperators
{
    public static readonly IReadOnlyDictionary<string, Func<NodeCall, Tensor>> Table = new Dictionary<string, Func<NodeCall, Tensor>>
    {
        ["MatMul"] = node => Product(node, node[0], node[1]),
        ["Gemm"] = Gemm,
        ["Einsum"] = Einsum,
    };

    private static Tensor Gemm(NodeCall node)
    {
        var (a, b, c) = (node[0], node[1], node.Optional(2));
        if (a.dim() != 2 || b.dim() != 2) throw node.Unsupported("has no matrices");
        if (node.Int("transA", 0) != 0) a = a.t();
        if (node.Int("transB", 0) != 0) b = b.t();
        node.Limit(a.shape[0], b.shape[1]);
        var y = Product(node, a, b);
        var (alpha, beta) = (node.Float("alpha", 1), node.Float("beta", 1));
        if (alpha != 1) y *= alpha;
        if (c is null || beta == 0) return y;
        return y + (beta == 1 ? c : c * beta);
    }

    private static Tensor Product(NodeCall node, Tensor a, Tensor b)
    {
        if (a.dim() == 0 || b.dim() == 0) throw node.Unsupported("has a number for a matrix");
        if (!a.is_floating_point() || !b.is_floating_point()) throw node.Unsupported("has matrices of integers");
        if (a.dim() == 1 && b.dim() == 1) return Product(node, a.unsqueeze(0), b.unsqueeze(1)).reshape([]);
        if (a.dim() == 1) return Product(node, a.unsqueeze(0), b).squeeze(-2);
        if (b.dim() == 1) return Product(node, a, b.unsqueeze(1)).squeeze(-1);
        var (rows, inner, columns) = (a.shape[^2], a.shape[^1], b.shape[^1]);
        if (b.shape[^2] != inner) throw node.Unsupported("has matrices of shapes that do not fit");
        var batch = Shapes.Broadcast(a.shape[..^2], b.shape[..^2]) ?? throw node.Unsupported("has matrices of shapes that do not fit");
        node.Limit([.. batch, rows, columns]);
        if (b.dim() == 2) return a.reshape(-1, inner).mm(b).reshape([.. a.shape[..^1], columns]);
        node.Limit([.. batch, rows, inner]);
        node.Limit([.. batch, inner, columns]);
        var count = Shapes.Product(batch);
        return a.expand([.. batch, rows, inner]).reshape(count, rows, inner).bmm(b.expand([.. batch, inner, columns]).reshape(count, inner, columns))
            .reshape([.. batch, rows, columns]);
    }

    private static Tensor Einsum(NodeCall node)
    {
        var all = node.All();
        var equation = WithoutEllipsis(node, node.Text("equation", "").Replace(" ", "", StringComparison.Ordinal), all);
        if (!Equation().IsMatch(equation)) throw node.Unsupported("has an equation of another kind");
        var terms = equation.Split("->")[0].Split(',');
        if (terms.Length != all.Length) throw node.Unsupported("has an equation of other inputs");
        var sizes = new Dictionary<char, long>();
        foreach (var (term, tensor) in terms.Zip(all))
        {
            if (term.Length != tensor.dim()) throw node.Unsupported("has an equation of other inputs");
            foreach (var (label, size) in term.Zip(tensor.shape))
            {
                if (sizes.TryGetValue(label, out var known) && known != size && size != 1 && known != 1)
                    throw node.Unsupported("has inputs of shapes that do not fit");
                sizes[label] = Math.Max(size, sizes.GetValueOrDefault(label, 0));
            }
        }
        var output = equation.Contains("->", StringComparison.Ordinal) ? equation.Split("->")[1]
            : string.Concat(string.Concat(terms).GroupBy(c => c).Where(g => g.Count() == 1).Select(g => g.Key).Order());
        if (output.Any(label => !sizes.ContainsKey(label))) throw node.Unsupported("has an equation with an unknown letter");
        node.Limit([.. output.Select(label => sizes[label])]);
        return einsum(equation, all);
    }

    /// <summary>Puts letters in the place of an ellipsis: as many as the inputs have axes without a letter, the last ones for all.</summary>
    private static string WithoutEllipsis(NodeCall node, string equation, Tensor[] all)
    {
        const string Ellipsis = "...";
        if (!equation.Contains(Ellipsis, StringComparison.Ordinal)) return equation;
        var parts = equation.Split("->");
        var terms = parts[0].Split(',');
        if (terms.Length != all.Length || parts.Length > 2) throw node.Unsupported("has an equation of other inputs");
        var free = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".Where(c => !equation.Contains(c)).ToArray();
        var most = 0;
        for (var i = 0; i < terms.Length; i++)
        {
            if (!terms[i].Contains(Ellipsis, StringComparison.Ordinal)) continue;
            var axes = (int)all[i].dim() - (terms[i].Length - Ellipsis.Length);
            if (axes < 0 || axes > free.Length) throw node.Unsupported("has an equation of other inputs");
            terms[i] = terms[i].Replace(Ellipsis, Letters(axes), StringComparison.Ordinal);
            most = Math.Max(most, axes);
        }
        var output = parts.Length == 2 ? parts[1].Replace(Ellipsis, Letters(most), StringComparison.Ordinal)
            : Letters(most) + string.Concat(parts[0].Where(char.IsLetter).GroupBy(c => c).Where(g => g.Count() == 1).Select(g => g.Key).Order());
        return $"{string.Join(',', terms)}->{output}";

        string Letters(int count) => new([.. free.Take(count).Reverse()]);
    }

    /// <summary>Letters.</summary>
    [GeneratedRegex("^[A-Za-z]+(,[A-Za-z]+)*(->[A-Za-z]*)?$")]
    private static partial Regex Equation();
}
