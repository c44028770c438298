namespace Arow.Tests.Unit.Attacks;

public sealed class AttackLossTests
{
    /// <summary>A targeted loss is the negative of the loss of its target, which is found once from the clean logits.</summary>
    [Fact]
    public void Targets_are_the_least_likely_or_the_next_class()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[,] { { 2f, 0, 1 }, { 0, 3, 1 }, { 1, 2, 4 } }).reshape(3, 3, 1, 1);
        var y = tensor(new[] { 0L, 1, 2 });
        var z = x.flatten(1);
        AssertSame(Losses.CrossEntropy(z, tensor(new[] { 1L, 0, 0 })), AttackLoss.CrossEntropy.Targeted(AttackLoss.LeastLikely));
        AssertSame(-Losses.Margin(z, tensor(new[] { 1L, 2, 0 })), AttackLoss.Margin.Targeted(AttackLoss.NextClass));

        void AssertSame(Tensor loss, AttackLoss targeted)
        {
            Assert.EndsWith("-targeted", targeted.Name);
            Assert.Equal((-loss).data<float>(), targeted.Bind(images => images.flatten(1), x, y)(z).data<float>());
        }
    }
}
