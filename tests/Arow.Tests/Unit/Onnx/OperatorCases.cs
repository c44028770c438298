namespace Arow.Tests.Unit.Onnx;

/// <summary>Every operator over shapes and versions: wherever its meaning changed, a case before and one after.</summary>
internal static class OperatorCases
{
    public static IEnumerable<OperatorCase> All() =>
        [.. Arithmetic(), .. Activations(), .. Logic(), .. Convolutions(), .. Pooling(), .. Matrices(), .. Normalizations(), .. Reductions(),
            .. ShapeChanges(), .. Indices(), .. Constants(), .. Resizing()];

    private static IEnumerable<OperatorCase> Arithmetic()
    {
        foreach (var kind in (string[])["Add", "Sub", "Mul", "Div"])
        {
            yield return new(kind, 7, Real(2, 3, 4), [Positive(3, 1)]);
            yield return new(kind, 14, Positive(3, 1), [Positive(2, 3, 4)]) { Place = 1 };
            yield return new(kind, 14, Long(7, -7, 9), [Long(2, 2, -4)]);
        }
        yield return new("Mod", 13, Real(2, 3), [Positive(3)], ("fmod", 1L));
        yield return new("Mod", 10, Long(7, -7, 9, -9), [Long(4, 4, -4, -4)]);
        yield return new("Mod", 10, Long(7, -7, 9, -9), [Long(4, 4, -4, -4)], ("fmod", 1L));
        foreach (var exponent in (float[])[0.5f, 2, 3, -1]) yield return new("Pow", 12, Positive(2, 3), [Number(exponent)]);
        yield return new("Pow", 7, Positive(2, 3), [Real(2, 3)]);
        yield return new("Pow", 13, Long(2, 3), [Long(3, 2)]);
        foreach (var kind in (string[])["Max", "Min", "Sum", "Mean"])
        {
            yield return new(kind, 8, Real(2, 3, 4), [Seeded(9, 2, 3, 4), Seeded(7, 4)]);
            yield return new(kind, 13, Real(2, 3), []);
        }
        yield return new("Max", 12, Long(1, 5), [Long(3)]);
        foreach (var kind in (string[])["Abs", "Neg", "Sign", "Floor", "Ceil", "Exp", "Erf", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Tanh", "Atan", "Asinh"])
            yield return new(kind, 13, Real(2, 5) * 3, []);
        yield return new("Round", 11, tensor((float[])[-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.4f]), []) { IsStep = true };
        foreach (var kind in (string[])["Sqrt", "Log", "Reciprocal"]) yield return new(kind, 13, Positive(2, 5), []);
        foreach (var kind in (string[])["Asin", "Acos", "Atanh"]) yield return new(kind, 9, Real(2, 5) * 0.9, []);
        yield return new("Acosh", 9, Positive(2, 5) + 1, []);
        yield return new("Clip", 7, Real(2, 9), [], ("min", -0.25f), ("max", 0.5f));
        yield return new("Clip", 10, Real(2, 9), [], ("min", 0f));
        yield return new("Clip", 11, Real(2, 9), [Number(-0.25f), Number(0.5f)]);
        yield return new("Clip", 13, Real(2, 9), [null, Number(0.5f)]);
        yield return new("Clip", 13, Real(2, 9), [Number(0.75f), Number(0.5f)]);
        yield return new("Clip", 13, Real(2, 9), []);
        yield return new("Clip", 12, Long(1, 5, 9), [Scalar(2), Scalar(7)]);
        yield return new("CumSum", 11, Real(2, 5), [Scalar(1)]);
        yield return new("CumSum", 14, Real(2, 5), [Scalar(-1)], ("exclusive", 1L), ("reverse", 1L));
    }

    private static IEnumerable<OperatorCase> Activations()
    {
        foreach (var (kind, since) in ((string, long)[])
            [("Relu", 7), ("LeakyRelu", 7), ("Elu", 7), ("Selu", 7), ("Celu", 12), ("Softplus", 7), ("Softsign", 7), ("Sigmoid", 7), ("HardSigmoid", 7),
                ("HardSwish", 14), ("Mish", 18), ("Gelu", 20), ("ThresholdedRelu", 10), ("Shrink", 9)])
            yield return new(kind, since, Real(3, 7) * 4, []);
        yield return new("LeakyRelu", 16, Real(3, 7), [], ("alpha", 0.3f));
        yield return new("Elu", 7, Real(3, 7), [], ("alpha", 1.5f));
        yield return new("Selu", 7, Real(3, 7), [], ("alpha", 1.5f), ("gamma", 0.7f));
        yield return new("Celu", 12, Real(3, 7), [], ("alpha", 0.5f));
        yield return new("HardSigmoid", 7, Real(3, 7) * 4, [], ("alpha", 0.3f), ("beta", 0.4f));
        yield return new("Gelu", 20, Real(3, 7) * 4, [], ("approximate", "tanh"));
        yield return new("ThresholdedRelu", 10, Real(3, 7), [], ("alpha", 0.2f));
        yield return new("Shrink", 9, Real(3, 7), [], ("lambd", 0.3f), ("bias", 0.1f));
        yield return new("PRelu", 7, Real(2, 3, 4, 4), [Positive(3, 1, 1)]);
        yield return new("PRelu", 16, Real(2, 3), [Positive(1)]);
        foreach (var kind in (string[])["Softmax", "LogSoftmax"])
        {
            yield return new(kind, 7, Real(2, 3, 4), []);
            yield return new(kind, 11, Real(2, 3, 4), [], ("axis", 2L));
            yield return new(kind, 11, Real(2, 3, 4), [], ("axis", -2L));
            yield return new(kind, 13, Real(2, 3, 4), []);
            yield return new(kind, 13, Real(2, 3, 4), [], ("axis", 1L));
        }
    }

    private static IEnumerable<OperatorCase> Logic()
    {
        foreach (var (kind, since) in ((string, long)[])[("Equal", 11), ("Greater", 9), ("GreaterOrEqual", 12), ("Less", 9), ("LessOrEqual", 16)])
        {
            yield return new(kind, since, tensor((float[])[1, 2, 3]), [tensor((float[])[2, 2, 2])]);
            yield return new(kind, since, Long(1, 2, 3), [Long(2)]);
        }
        foreach (var kind in (string[])["And", "Or", "Xor"]) yield return new(kind, 7, Truth(1, 1, 0, 0), [Truth(1, 0, 1, 0)]);
        yield return new("Not", 7, Truth(1, 0), []);
        var odd = tensor((float[])[1, float.NaN, float.PositiveInfinity, float.NegativeInfinity]);
        yield return new("IsNaN", 9, odd, []);
        yield return new("IsInf", 10, odd, []);
        yield return new("IsInf", 10, odd, [], ("detect_negative", 0L));
        yield return new("Where", 9, Real(2, 3), [Truth(1, 0, 1), Seeded(5, 2, 3)]) { Place = 1 };
        yield return new("Where", 16, Real(2, 1), [Truth(1, 0, 1), Seeded(5, 2, 3)]) { Place = 2 };
    }

    private static IEnumerable<OperatorCase> Convolutions()
    {
        var (kernel, bias) = (Seeded(3, 4, 3, 3, 3), Seeded(4, 4));
        yield return new("Conv", 7, Real(2, 3, 8, 7), [kernel, bias]);
        yield return new("Conv", 11, Real(2, 3, 8, 7), [kernel], ("pads", L(1, 1, 1, 1)), ("strides", L(2, 1)), ("kernel_shape", L(3, 3)));
        yield return new("Conv", 11, Real(2, 3, 8, 7), [kernel, bias], ("pads", L(0, 1, 2, 0)), ("strides", L(2, 2)));
        yield return new("Conv", 11, Real(2, 3, 9, 9), [kernel, bias], ("dilations", L(2, 3)), ("pads", L(2, 2, 2, 2)));
        foreach (var pad in (string[])["SAME_UPPER", "SAME_LOWER", "VALID"])
        {
            yield return new("Conv", 11, Real(2, 3, 8, 7), [kernel, bias], ("auto_pad", pad), ("strides", L(2, 2)));
            yield return new("Conv", 11, Real(2, 3, 8, 7), [Seeded(3, 4, 3, 2, 2), bias], ("auto_pad", pad));
        }
        yield return new("Conv", 11, Real(2, 4, 6, 6), [Seeded(3, 8, 2, 3, 3)], ("group", 2L));
        yield return new("Conv", 11, Real(2, 4, 6, 6), [Seeded(3, 4, 1, 3, 3)], ("group", 4L), ("pads", L(1, 1, 1, 1)));
        yield return new("Conv", 11, Real(2, 3, 9), [Seeded(3, 4, 3, 3), bias], ("pads", L(1, 1)), ("strides", L(2)));
        yield return new("Conv", 11, Real(2, 3, 9), [Seeded(3, 4, 3, 3), bias], ("pads", L(0, 1)));
        yield return new("Conv", 11, Real(1, 2, 4, 5, 4), [Seeded(3, 4, 2, 3, 3, 3)], ("pads", L(1, 1, 1, 1, 1, 1)));
        yield return new("Conv", 11, Real(2, 3, 8, 7), [kernel, bias]) { Place = 0 };

        var transposed = Seeded(3, 3, 4, 3, 3);
        yield return new("ConvTranspose", 7, Real(2, 3, 4, 5), [transposed, bias]);
        yield return new("ConvTranspose", 11, Real(2, 3, 4, 5), [transposed, bias], ("strides", L(2, 2)), ("pads", L(1, 1, 1, 1)),
            ("output_padding", L(1, 1)));
        yield return new("ConvTranspose", 11, Real(2, 3, 4, 5), [transposed], ("strides", L(2, 2)), ("pads", L(0, 1, 1, 0)));
        yield return new("ConvTranspose", 11, Real(2, 3, 4, 5), [transposed, bias], ("strides", L(2, 2)), ("output_shape", L(8, 10)));
        yield return new("ConvTranspose", 11, Real(2, 3, 3, 3), [transposed, bias], ("strides", L(3, 2)), ("output_shape", L(10, 8)));
        yield return new("ConvTranspose", 11, Real(2, 3, 4, 5), [transposed, bias], ("strides", L(2, 2)), ("auto_pad", "SAME_UPPER"));
        yield return new("ConvTranspose", 11, Real(2, 3, 4, 5), [transposed, bias], ("strides", L(3, 3)), ("auto_pad", "SAME_LOWER"));
        yield return new("ConvTranspose", 11, Real(2, 4, 4, 5), [Seeded(3, 4, 2, 3, 3)], ("group", 2L), ("dilations", L(2, 2)));
        yield return new("ConvTranspose", 11, Real(2, 3, 6), [Seeded(3, 3, 4, 3), bias], ("strides", L(2)));
    }

    private static IEnumerable<OperatorCase> Pooling()
    {
        foreach (var (kind, since) in ((string, long)[])[("MaxPool", 7), ("MaxPool", 12), ("AveragePool", 7), ("AveragePool", 19)])
        {
            yield return new(kind, since, Real(2, 3, 9, 8), [], ("kernel_shape", L(3, 2)));
            yield return new(kind, since, Real(2, 3, 9, 8), [], ("kernel_shape", L(3, 3)), ("strides", L(2, 2)), ("pads", L(1, 1, 1, 1)));
            yield return new(kind, since, Real(2, 3, 9, 8), [], ("kernel_shape", L(3, 3)), ("strides", L(2, 2)), ("pads", L(0, 0, 1, 1)));
            yield return new(kind, since, Real(2, 3, 9, 8), [], ("kernel_shape", L(3, 3)), ("strides", L(2, 2)), ("auto_pad", "SAME_UPPER"));
            yield return new(kind, since, Real(2, 3, 9, 8), [], ("kernel_shape", L(2, 2)), ("auto_pad", "SAME_LOWER"));
            yield return new(kind, since, Real(2, 3, 9), [], ("kernel_shape", L(3)), ("strides", L(2)));
            yield return new(kind, since, Real(1, 2, 5, 4, 6), [], ("kernel_shape", L(2, 2, 2)), ("strides", L(2, 2, 2)));
        }
        foreach (var (size, kernel, stride, pad) in ((long, long, long, long)[])
            [(8, 3, 2, 0), (9, 2, 2, 0), (9, 2, 2, 1), (7, 3, 3, 1), (10, 3, 4, 1)])
        {
            foreach (var kind in (string[])["MaxPool", "AveragePool"])
                yield return new(kind, 19, Real(2, 3, size, size), [], ("kernel_shape", L(kernel, kernel)), ("strides", L(stride, stride)),
                    ("pads", L(pad, pad, pad, pad)), ("ceil_mode", 1L));
            yield return new("AveragePool", 19, Real(2, 3, size, size), [], ("kernel_shape", L(kernel, kernel)), ("strides", L(stride, stride)),
                ("pads", L(pad, pad, pad, pad)), ("ceil_mode", 1L), ("count_include_pad", 1L));
        }
        yield return new("AveragePool", 11, Real(2, 3, 8, 8), [], ("kernel_shape", L(3, 3)), ("pads", L(1, 1, 1, 1)), ("count_include_pad", 1L));
        yield return new("AveragePool", 11, Real(2, 3, 8, 8), [], ("kernel_shape", L(3, 3)), ("pads", L(1, 0, 0, 1)), ("count_include_pad", 1L));
        yield return new("MaxPool", 12, Real(2, 3, 9, 9), [], ("kernel_shape", L(3, 3)), ("dilations", L(2, 2)));
        foreach (var isIncluded in (long[])[0, 1])
        {
            yield return new("AveragePool", 19, Real(2, 3, 9, 8), [], ("kernel_shape", L(3, 2)), ("dilations", L(2, 3)),
                ("count_include_pad", isIncluded));
            yield return new("AveragePool", 19, Real(2, 3, 9, 9), [], ("kernel_shape", L(3, 3)), ("dilations", L(2, 2)), ("strides", L(2, 1)),
                ("pads", L(1, 0, 2, 1)), ("count_include_pad", isIncluded));
            yield return new("AveragePool", 19, Real(1, 2, 11), [], ("kernel_shape", L(3)), ("dilations", L(2)), ("strides", L(2)),
                ("pads", L(1, 1)), ("count_include_pad", isIncluded));
            yield return new("AveragePool", 19, Real(1, 2, 5, 6, 7), [], ("kernel_shape", L(2, 2, 2)), ("dilations", L(2, 1, 3)),
                ("count_include_pad", isIncluded));
        }
        yield return new("AveragePool", 19, Real(2, 3, 10, 10), [], ("kernel_shape", L(3, 3)), ("dilations", L(2, 2)), ("strides", L(2, 2)),
            ("ceil_mode", 1L));
        yield return new("GlobalAveragePool", 7, Real(2, 3, 5, 4), []);
        yield return new("GlobalMaxPool", 7, Real(2, 3, 5, 4), []);
        yield return new("GlobalAveragePool", 7, Real(2, 3, 5), []);
    }

    private static IEnumerable<OperatorCase> Matrices()
    {
        yield return new("MatMul", 7, Real(3, 4), [Seeded(3, 4, 5)]);
        yield return new("MatMul", 13, Real(4), [Seeded(3, 4)]);
        yield return new("MatMul", 13, Real(2, 6, 3, 4), [Seeded(3, 4, 5)]);
        yield return new("MatMul", 13, Real(2, 6, 3, 4), [Seeded(3, 6, 4, 5)]);
        yield return new("MatMul", 13, Real(4, 5), [Seeded(3, 2, 3, 4)]) { Place = 1 };
        yield return new("MatMul", 13, Real(2, 3, 4), [Seeded(3, 4)]);
        yield return new("MatMul", 13, Real(4), [Seeded(3, 2, 4, 3)]);
        yield return new("Gemm", 7, Real(3, 4), [Seeded(3, 4, 5), Seeded(5, 5)]);
        yield return new("Gemm", 11, Real(4, 3), [Seeded(3, 5, 4), Seeded(5, 3, 1)], ("transA", 1L), ("transB", 1L), ("alpha", 0.5f), ("beta", 2f));
        yield return new("Gemm", 13, Real(3, 4), [Seeded(3, 5, 4)], ("transB", 1L));
        yield return new("Einsum", 12, Real(2, 3, 4), [Seeded(3, 2, 4, 5)], ("equation", "bij,bjk->bik"));
        yield return new("Einsum", 12, Real(2, 3, 4, 5), [Seeded(3, 2, 6, 4, 5)], ("equation", "b i h d, b j h d -> b h i j"));
        yield return new("Einsum", 12, Real(3, 4), [], ("equation", "ij->j"));
        yield return new("Einsum", 12, Real(2, 3, 4), [Seeded(3, 4, 5)], ("equation", "...j,jk->...k"));
        yield return new("Einsum", 12, Real(2, 3, 4, 5), [Seeded(3, 2, 3, 5, 4)], ("equation", "...ij, ...jk -> ...ik"));
        yield return new("Einsum", 12, Real(2, 3, 3), [], ("equation", "...ii->...i"));
        yield return new("Einsum", 12, Real(3, 4), [Seeded(3, 4, 2)], ("equation", "ij,jk"));
    }

    private static IEnumerable<OperatorCase> Normalizations()
    {
        Tensor?[] statistics = [Positive(3), Seeded(2, 3), Seeded(3, 3), Positive(3)];
        foreach (var opset in (long[])[7, 9, 14, 15]) yield return new("BatchNormalization", opset, Real(2, 3, 4, 5), statistics, ("epsilon", 1e-3f));
        yield return new("BatchNormalization", 15, Real(2, 3), statistics);
        // In training mode of a constant only.
        yield return new("BatchNormalization", 15, null!, [Real(4, 3, 2, 2), .. statistics], ("training_mode", 1L))
        {
            Outputs = 3, Compared = 1,
        };
        yield return new("InstanceNormalization", 7, Real(2, 3, 4, 5), [Positive(3), Seeded(2, 3)], ("epsilon", 1e-3f));
        yield return new("LayerNormalization", 17, Real(2, 3, 4), [Positive(4), Seeded(2, 4)]);
        yield return new("LayerNormalization", 17, Real(2, 3, 4), [Positive(3, 4)], ("axis", 1L), ("epsilon", 1e-3f));
        yield return new("LayerNormalization", 17, Real(2, 3, 4), [Positive(4), Seeded(2, 4)], ("axis", -1L));
        yield return new("LayerNormalization", 17, Real(2, 3, 4), [Positive(3, 4)], ("axis", 1L)) { Outputs = 3 };
        yield return new("GroupNormalization", 18, Real(2, 4, 3, 3), [Positive(2), Seeded(2, 2)], ("num_groups", 2L));
        yield return new("GroupNormalization", 21, Real(2, 4, 3, 3), [Positive(4), Seeded(2, 4)], ("num_groups", 2L), ("epsilon", 1e-3f));
        foreach (var size in (long[])[1, 3, 5])
            yield return new("LRN", 13, Real(2, 6, 3, 3), [], ("size", size), ("alpha", 0.5f), ("beta", 0.6f), ("bias", 1.5f));
        yield return new("LpNormalization", 7, Real(2, 5), []);
        yield return new("LpNormalization", 7, Real(2, 5), [], ("axis", 0L), ("p", 1L));
        yield return new("MeanVarianceNormalization", 9, Real(2, 3, 4, 4), []);
        yield return new("MeanVarianceNormalization", 13, Real(2, 3, 4, 4), [], ("axes", L(2, 3)));
    }

    private static IEnumerable<OperatorCase> Reductions()
    {
        foreach (var kind in (string[])["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
            "ReduceLogSumExp", "ReduceSumSquare"])
        {
            Tensor X(params long[] shape) => kind == "ReduceLogSum" ? Positive(shape) : Real(shape);
            yield return new(kind, 7, X(2, 3, 4), [], ("axes", L(1, 2)), ("keepdims", 0L));
            yield return new(kind, 11, X(2, 3, 4), [], ("axes", L(-1)));
            yield return new(kind, 11, X(2, 3, 4), []);
            yield return new(kind, 18, X(2, 3, 4), [Long(2, 0)], ("keepdims", 0L));
            yield return new(kind, 18, X(2, 3, 4), []);
            yield return new(kind, 18, X(2, 3, 4), [], ("noop_with_empty_axes", 1L));
        }
        yield return new("ReduceSum", 13, Real(2, 3, 4), [Long(1)]);
        yield return new("ReduceSum", 13, Long(1, 2, 3), [Long(0)]);
        yield return new("ReduceProd", 13, Long(2, 3, 4), [], ("axes", L(0)), ("keepdims", 0L));
        foreach (var kind in (string[])["ArgMax", "ArgMin"])
        {
            yield return new(kind, 7, Real(3, 5), []);
            yield return new(kind, 11, Real(3, 5), [], ("axis", -1L), ("keepdims", 0L));
            yield return new(kind, 13, tensor((float[])[1, 3, 3, 1]), [], ("select_last_index", 1L));
            yield return new(kind, 13, tensor((float[])[1, 3, 3, 1]), []);
        }
    }

    private static IEnumerable<OperatorCase> ShapeChanges()
    {
        yield return new("Flatten", 7, Real(2, 3, 4), []);
        foreach (var axis in (long[])[0, 2, 3, -1]) yield return new("Flatten", 13, Real(2, 3, 4), [], ("axis", axis));
        yield return new("Reshape", 7, Real(2, 3, 4), [Long(0, -1)]);
        yield return new("Reshape", 14, Real(2, 3, 4), [Long(4, 0, 2)]);
        yield return new("Reshape", 14, Real(0, 3), [Long(3, 0)], ("allowzero", 1L));
        yield return new("Transpose", 7, Real(2, 3, 4), []);
        yield return new("Transpose", 13, Real(2, 3, 4), [], ("perm", L(0, 2, 1)));
        yield return new("Squeeze", 7, Real(1, 3, 1), []);
        yield return new("Squeeze", 11, Real(1, 3, 1), [], ("axes", L(-1)));
        yield return new("Squeeze", 13, Real(1, 3, 1), [Long(0)]);
        yield return new("Unsqueeze", 7, Real(2, 3), [], ("axes", L(0, 3)));
        yield return new("Unsqueeze", 11, Real(2, 3), [], ("axes", L(-1, 0)));
        yield return new("Unsqueeze", 13, Real(2, 3), [Long(1)]);
        yield return new("Concat", 7, Real(2, 3), [Seeded(4, 2, 1), Seeded(5, 2, 2)], ("axis", 1L));
        yield return new("Concat", 13, Long(1, 2), [Long(3)], ("axis", -1L));
        yield return new("Split", 7, Real(2, 6), [], ("axis", 1L), ("split", L(1, 3, 2))) { Outputs = 3 };
        yield return new("Split", 11, Real(2, 6), [], ("axis", -1L)) { Outputs = 2 };
        yield return new("Split", 13, Real(2, 6), [Long(2, 4)], ("axis", 1L)) { Outputs = 2 };
        yield return new("Split", 18, Real(2, 7), [], ("axis", 1L), ("num_outputs", 3L)) { Outputs = 3 };
        yield return new("Expand", 8, Real(3, 1), [Long(2, 1, 4)]);
        yield return new("Expand", 13, Real(2, 3, 4), [Long(1)]);
        yield return new("Tile", 13, Real(2, 3), [Long(2, 3)]);
        yield return new("Pad", 7, Real(2, 3), [], ("pads", L(0, 1, 2, 0)), ("value", 1.5f));
        yield return new("Pad", 11, Real(2, 3, 4), [Long(0, 1, 0, 1, 0, 2), Number(-1)]);
        yield return new("Pad", 13, Real(1, 2, 5, 4), [Long(0, 0, -1, 1, 0, 0, 2, -1)]);
        foreach (var mode in (string[])["reflect", "edge"])
        {
            yield return new("Pad", 7, Real(1, 2, 5, 4), [], ("pads", L(0, 0, 2, 1, 0, 0, 1, 3)), ("mode", mode));
            yield return new("Pad", 18, Real(1, 2, 5, 4), [Long(2, 1, 1, 3), null, Long(2, 3)], ("mode", mode));
        }
        yield return new("Pad", 19, Real(1, 2, 5, 4), [Long(2, 1, 1, 3), null, Long(-2, -1)], ("mode", "wrap"));
        yield return new("DepthToSpace", 7, Real(2, 8, 2, 3), [], ("blocksize", 2L));
        yield return new("DepthToSpace", 13, Real(2, 8, 2, 3), [], ("blocksize", 2L), ("mode", "CRD"));
        yield return new("SpaceToDepth", 13, Real(2, 3, 4, 6), [], ("blocksize", 2L));
        yield return new("Shape", 7, Real(2, 3, 4), []);
        yield return new("Shape", 15, Real(2, 3, 4), [], ("start", 1L), ("end", -1L));
        yield return new("Size", 13, Real(2, 3, 4), []);
    }

    private static IEnumerable<OperatorCase> Indices()
    {
        yield return new("Slice", 7, Real(4, 5), [], ("starts", L(1, -3)), ("ends", L(3, int.MaxValue)));
        yield return new("Slice", 9, Real(4, 5), [], ("starts", L(1)), ("ends", L(-1)), ("axes", L(1)));
        yield return new("Slice", 10, Real(4, 7), [Long(0, 1), Long(4, 9), Long(0, 1), Long(2, 3)]);
        yield return new("Slice", 13, Real(4, 7), [Long(-1), Long(long.MinValue), Long(1), Long(-1)]);
        yield return new("Slice", 13, Real(4, 7), [Long(5), Long(0), Long(-1), Long(-2)]);
        yield return new("Slice", 13, Real(4, 7), [Long(6, 3), Long(1, 9)]);
        yield return new("Slice", 13, Long(4, 5, 6, 7), [Long(1), Long(3)]);
        yield return new("Gather", 7, Real(4, 3), [Long(2, 0)]);
        yield return new("Gather", 11, Real(4, 3), [Long(-1, 1, 1, 0).reshape(2, 2)], ("axis", 1L));
        yield return new("Gather", 13, Real(4, 3), [Scalar(1)], ("axis", -1L));
        yield return new("GatherElements", 11, Real(3, 3), [Long(0, -1, 2, 1, 0, 2).reshape(2, 3)]);
        yield return new("GatherElements", 13, Real(3, 3), [Long(0, -1, 2, 1, 0, 2).reshape(3, 2)], ("axis", 1L));
        yield return new("GatherND", 11, Real(3, 4, 2), [Long(0, 1, 2, -1).reshape(2, 2)]);
        yield return new("GatherND", 12, Real(3, 4, 2), [Long(0, 1, 1, 2, -1, 0).reshape(1, 2, 3)]);
        yield return new("GatherND", 12, Real(3, 4, 2), [Long(0, 3, -1).reshape(3, 1)], ("batch_dims", 1L));
        yield return new("GatherND", 13, Real(2, 3, 4, 2), [Long(0, 1, 3, 0, 2, 1, -1, 1, 0, 0, 1, 1).reshape(2, 3, 2)], ("batch_dims", 2L));
        yield return new("Scatter", 9, Real(3, 3), [Long(1, 0, 2).reshape(1, 3), Seeded(4, 1, 3)]);
        yield return new("ScatterElements", 11, Real(3, 3), [Long(1, 0, 2).reshape(1, 3), Seeded(4, 1, 3)]);
        yield return new("ScatterElements", 16, Real(3, 3), [Long(1, 1).reshape(1, 2), Seeded(4, 1, 2)], ("axis", 1L), ("reduction", "add"));
        yield return new("ScatterND", 11, Real(4, 3), [Long(3, 1).reshape(2, 1), Seeded(4, 2, 3)]);
        yield return new("ScatterND", 16, Real(4, 3), [Long(3, 1, 0, -1).reshape(2, 2), Seeded(4, 2)], ("reduction", "add"));
        foreach (var reduction in (string[])["mul", "max", "min"])
        {
            yield return new("ScatterElements", 18, Real(3, 4), [Long(1, 1, -1, 1, 2, 1).reshape(3, 2), Seeded(4, 3, 2)], ("axis", 1L),
                ("reduction", reduction));
            yield return new("ScatterElements", 18, Real(3, 2, 3), [Long(2, 0, 2, 2).reshape(2, 1, 2), Seeded(4, 2, 1, 2)], ("axis", 0L),
                ("reduction", reduction));
            yield return new("ScatterElements", 18, Seeded(4, 1, 2), [Real(2, 5), Long(3, 3).reshape(1, 2)], ("axis", 1L),
                ("reduction", reduction))
            { Place = 2 };
            yield return new("ScatterND", 18, Real(4, 3), [Long(3, 1, 3).reshape(3, 1), Seeded(4, 3, 3)], ("reduction", reduction));
            yield return new("ScatterND", 18, Real(4, 3), [Long(3, 1, 0, -1, 3, 1).reshape(3, 2), Seeded(4, 3)], ("reduction", reduction));
        }
        yield return new("OneHot", 11, Long(1, -1, 3), [Scalar(4), tensor((float[])[0.5f, 2])]);
        yield return new("OneHot", 11, Long(1, 0, 3).reshape(3, 1), [Scalar(4), tensor((float[])[0, 1])], ("axis", 0L));
        yield return new("NonZero", 13, tensor((float[])[1, 0, 2, 0]).reshape(2, 2), []);
        yield return new("Trilu", 14, Real(2, 4, 4), []);
        yield return new("Trilu", 14, Real(4, 4), [Scalar(-1)], ("upper", 0L));
        yield return new("TopK", 7, Real(2, 6), [], ("k", 3L)) { Outputs = 2 };
        yield return new("TopK", 11, Real(2, 6), [Long(2)], ("axis", 0L), ("largest", 0L)) { Outputs = 2 };
    }

    private static IEnumerable<OperatorCase> Constants()
    {
        yield return new("Identity", 7, Real(2, 3), []);
        yield return new("Dropout", 7, Real(2, 3), []);
        yield return new("Dropout", 12, Real(2, 3), []) { Outputs = 2 };
        yield return new("Dropout", 13, Real(2, 3), [Number(0.5f)]);
        yield return new("Dropout", 13, Real(2, 3), [Number(0), tensor(true)]);
        foreach (var type in (long[])[1, 6, 7, 9, 11]) yield return new("Cast", 13, Real(2, 3) * 5, [], ("to", type));
        yield return new("Cast", 13, Long(0, 2), [], ("to", 9L));
        yield return new("CastLike", 15, Real(2, 3) * 5, [Long(1)]);
        yield return new("Constant", 12, null!, [], ("value_floats", (float[])[1, 2.5f]));
        yield return new("Constant", 12, null!, [], ("value_float", 1.5f));
        yield return new("Constant", 12, null!, [], ("value_int", 3L));
        yield return new("Constant", 12, null!, [], ("value_ints", L(3, 4)));
        yield return new("Constant", 7, null!, [], ("value", Long(1, 2, 3)));
        yield return new("ConstantOfShape", 9, Long(2, 3), []);
        yield return new("ConstantOfShape", 9, Long(2, 3), [], ("value", Long(7)));
        yield return new("Range", 11, Scalar(3), [Scalar(11), Scalar(2)]);
        yield return new("Range", 11, Scalar(5), [Scalar(1), Scalar(-2)]);
        yield return new("Range", 11, Number(0.5f), [Number(2), Number(0.25f)]);
        yield return new("EyeLike", 9, Real(3, 4), [], ("k", 1L));
    }

    private static IEnumerable<OperatorCase> Resizing()
    {
        yield return new("Upsample", 7, Real(1, 2, 3, 4), [], ("scales", (float[])[1, 1, 2, 3]));
        yield return new("Upsample", 9, Real(1, 2, 3, 4), [Floats(1, 1, 2, 2)], ("mode", "linear"));
        yield return new("Resize", 10, Real(1, 2, 3, 4), [Floats(1, 1, 2, 2)]);
        yield return new("Resize", 10, Real(1, 2, 6, 8), [Floats(1, 1, 0.6f, 0.5f)]);
        yield return new("Resize", 10, Real(1, 2, 3, 4), [Floats(1, 1, 2, 2)], ("mode", "linear"));
        foreach (var mode in (string[])["nearest", "linear", "cubic"])
        {
            foreach (var transformation in (string[])["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"])
            {
                yield return new("Resize", 13, Real(1, 2, 4, 5), [null, null, Long(1, 2, 7, 9)], ("mode", mode),
                    ("coordinate_transformation_mode", transformation));
                yield return new("Resize", 11, Real(1, 2, 8, 6), [Floats(), Floats(1, 1, 0.5f, 0.5f)], ("mode", mode),
                    ("coordinate_transformation_mode", transformation));
            }
        }
        foreach (var rounding in (string[])["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
            yield return new("Resize", 13, Real(1, 1, 4, 5), [null, Floats(1, 1, 2, 1.5f)], ("nearest_mode", rounding),
                ("coordinate_transformation_mode", rounding == "floor" ? "asymmetric" : "half_pixel"));
        yield return new("Resize", 13, Real(1, 2, 4, 5), [null, Floats(1, 1, 1.5f, 2)], ("mode", "cubic"), ("exclude_outside", 1L),
            ("cubic_coeff_a", -0.5f));
        yield return new("Resize", 18, Real(1, 2, 4, 5), [null, null, Long(7, 9)], ("mode", "linear"), ("axes", L(2, 3)));
        yield return new("Resize", 19, Real(1, 2, 4, 5), [null, Floats(1, 1, 1.6f, 1.7f)], ("mode", "linear"),
            ("coordinate_transformation_mode", "half_pixel_symmetric"));
        foreach (var mode in (string[])["linear", "cubic"])
        {
            foreach (var isExcluded in (long[])[0, 1])
            {
                yield return new("Resize", 18, Real(1, 2, 9, 7), [null, null, Long(1, 2, 4, 3)], ("mode", mode), ("antialias", 1L),
                    ("exclude_outside", isExcluded));
                yield return new("Resize", 18, Real(1, 2, 8, 6), [null, Floats(1, 1, 0.3f, 2)], ("mode", mode), ("antialias", 1L),
                    ("exclude_outside", isExcluded));
            }
            yield return new("Resize", 19, Real(1, 2, 9, 7), [null, null, Long(4, 5)], ("mode", mode), ("antialias", 1L), ("axes", L(2, 3)),
                ("coordinate_transformation_mode", "align_corners"));
            yield return new("Resize", 19, Real(1, 2, 9, 7), [null, Floats(0.5f, 0.5f)], ("mode", mode), ("antialias", 1L), ("axes", L(2, 3)),
                ("coordinate_transformation_mode", "asymmetric"));
            yield return new("Resize", 18, Real(1, 1, 6, 6), [null, Floats(1, 1, 0.5f, 0.75f)], ("mode", mode), ("antialias", 1L),
                ("coordinate_transformation_mode", "pytorch_half_pixel"), ("cubic_coeff_a", -0.5f));
        }
        foreach (var policy in (string[])["not_larger", "not_smaller"])
        {
            foreach (var mode in (string[])["nearest", "linear", "cubic"])
            {
                yield return new("Resize", 18, Real(1, 2, 4, 6), [null, null, Long(7, 8)], ("mode", mode), ("axes", L(2, 3)),
                    ("keep_aspect_ratio_policy", policy));
                yield return new("Resize", 19, Real(1, 2, 8, 5), [null, null, Long(3, 4)], ("mode", mode), ("axes", L(2, 3)),
                    ("keep_aspect_ratio_policy", policy));
            }
        }
        foreach (var mode in (string[])["nearest", "linear", "cubic"])
        {
            yield return new("Resize", 13, Real(1, 1, 6, 5), [Floats(0, 0, 0.2f, 0.1f, 1, 1, 0.9f, 0.8f), null, Long(1, 1, 3, 4)],
                ("mode", mode), ("coordinate_transformation_mode", "tf_crop_and_resize"));
            yield return new("Resize", 13, Real(1, 1, 6, 5), [Floats(0, 0, -0.3f, 0.4f, 1, 1, 0.9f, 1.2f), null, Long(1, 1, 5, 4)],
                ("mode", mode), ("coordinate_transformation_mode", "tf_crop_and_resize"), ("extrapolation_value", 10f));
            yield return new("Resize", 18, Real(1, 2, 6, 5), [Floats(0.2f, 0.4f, 1, 0.4f), null, Long(1, 1)], ("axes", L(2, 3)),
                ("mode", mode), ("coordinate_transformation_mode", "tf_crop_and_resize"));
            yield return new("Resize", 18, Real(1, 1, 6, 5), [Floats(0, 0, 0.4f, 0.3f, 1, 1, 0.9f, 0.8f), Floats(1, 1, 0.8f, 1.5f)],
                ("mode", mode), ("coordinate_transformation_mode", "tf_crop_and_resize"));
        }
        foreach (var mode in (string[])["zeros", "border", "reflection"])
            yield return new("GridSample", 16, Real(1, 2, 4, 5), [Seeded(3, 1, 3, 3, 2) * 1.2], ("padding_mode", mode));
        yield return new("GridSample", 20, Real(1, 2, 4, 5), [Seeded(3, 1, 3, 3, 2)], ("align_corners", 1L), ("mode", "linear"));
        yield return new("GridSample", 16, Real(1, 2, 4, 5), [Seeded(3, 1, 3, 3, 2)], ("mode", "nearest"));
    }

    private static long[] L(params long[] list) => list;

    /// <summary>Numbers between −1 and 1 that are all different and far from 0.</summary>
    private static Tensor Real(params long[] shape) => Seeded(1, shape);

    private static Tensor Seeded(int seed, params long[] shape) =>
        (arange(Math.Max(0, shape.Aggregate(1L, (a, b) => a * b)), dtype: ScalarType.Float64) * 1.7 + seed * 0.37).sin().reshape(shape)
            .to(ScalarType.Float32);

    private static Tensor Positive(params long[] shape) => Seeded(2, shape) * 0.7 + 1;

    private static Tensor Long(params long[] values) => tensor(values, ScalarType.Int64);

    private static Tensor Scalar(long value) => tensor(value, ScalarType.Int64);

    private static Tensor Number(float value) => tensor(value, ScalarType.Float32);

    private static Tensor Floats(params float[] values) => tensor(values, ScalarType.Float32);

    private static Tensor Truth(params int[] values) => tensor(values.Select(v => v == 1).ToArray());
}
