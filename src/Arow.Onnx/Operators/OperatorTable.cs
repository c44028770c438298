using System.Collections.Frozen;

namespace Arow.Onnx.Operators;

/// <summary>The operators that can be computed with gradients, by name.</summary>
internal static class OperatorTable
{
    private static readonly FrozenDictionary<string, Func<NodeCall, Tensor[]>> Operators = new[]
        {
            ArithmeticOperators.Table, ActivationOperators.Table, LogicOperators.Table, ConvolutionOperators.Table, PoolingOperators.Table,
            MatrixOperators.Table, NormalizationOperators.Table, ReductionOperators.Table, ShapeOperators.Table, IndexOperators.Table,
            ConstantOperators.Table, ResizeOperators.Table,
        }
        .SelectMany(family => family)
        .Select(row => (row.Key, Value: (Func<NodeCall, Tensor[]>)(node => [row.Value(node)])))
        .Concat(ShapeOperators.Lists.Concat(IndexOperators.Lists).Concat(NormalizationOperators.Lists).Concat(ConstantOperators.Lists)
            .Select(row => (row.Key, row.Value)))
        .ToFrozenDictionary(row => row.Key, row => row.Value);

    /// <summary>Names of the operators.</summary>
    public static IReadOnlyList<string> Names => Operators.Keys;

    /// <summary>The function of an operator; null if it is not supported.</summary>
    public static Func<NodeCall, Tensor[]>? Find(string name) => Operators.GetValueOrDefault(name);
}
