namespace Arow.Models.Execution;

/// <summary>How a network is computed in training and under attack. Reported results are always computed exactly.</summary>
public enum Precision
{
    /// <summary>
    /// For networks of the catalog the fastest form: <see cref="Fast"/> if the hardware has bfloat16, otherwise the same in
    /// float32. <see cref="Exact"/> for other networks, and for those that oneDNN computes incorrectly.
    /// </summary>
    Auto,

    /// <summary>The modules themselves, in float32.</summary>
    Exact,

    /// <summary>
    /// Products in bfloat16, batch norm folded while weights are constant; weights and logits in float32. <see cref="Exact"/>
    /// for networks that oneDNN computes incorrectly.
    /// </summary>
    Fast,
}
