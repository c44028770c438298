using Arow.Classes;

namespace Arow.Tests.Unit.Classes;

/// <summary>Classes of a model and of images, matched by their names.</summary>
public sealed class ClassOrderTests
{
    private static readonly string[] Known = ["cat", "dog", "eel"];

    private static ClassOrder Match(string[] known, params string[] images) => ClassOrder.Match("m.pt", known, images);

    [Fact]
    public void The_same_names_in_the_same_order_need_no_word()
    {
        var order = Match(Known, "cat", "dog", "eel");
        Assert.True(order.IsIdentity);
        Assert.Null(order.Remark);
        Assert.Equal(Known, order.Names);
    }

    [Fact]
    public void Another_order_is_matched_and_said()
    {
        var order = Match(Known, "eel", "cat", "dog");
        Assert.Equal([2, 0, 1], order.Outputs);
        Assert.Equal("m.pt: its classes are in another order than those of the images and were matched by name: cat, dog, eel.", order.Remark);
    }

    [Fact]
    public void Fewer_classes_are_measured_against_all_and_said()
    {
        var order = Match(Known, "eel", "cat");
        Assert.Equal([2, 0, 1], order.Outputs);
        Assert.Equal(["eel", "cat", "dog"], order.Names);
        Assert.Contains("it has 3 classes, of which the images have 2; predictions may be one of the others: dog", order.Remark);
        Assert.True(Match(Known, "cat", "dog").IsIdentity);
    }

    [Theory]
    [InlineData("cat,dog,fox", "the model lacks fox")]
    [InlineData("cat,dog,eel,fox,gnu", "the model lacks fox, gnu")]
    [InlineData("cow,hen", "the model lacks cow, hen")]
    public void Others_are_refused_with_both_lists(string images, string unknown)
    {
        var fault = Assert.Throws<InputException>(() => Match(Known, images.Split(','))).Message;
        Assert.StartsWith($"m.pt: has the classes cat, dog, eel, but the images have {images.Replace(",", ", ")}: {unknown}", fault);
    }

    [Fact]
    public void Long_lists_are_cut()
    {
        string[] known = [.. Enumerable.Range(0, 1000).Select(i => $"class {i}")], images = [.. known.Select(n => $"{n}x")];
        Assert.InRange(Assert.Throws<InputException>(() => Match(known, images)).Message.Length, 100, 800);
    }

    /// <summary>Case, spaces and signs between words, leading zeros, other libraries' names.</summary>
    [Theory]
    [InlineData("Cat,DOG, eel ", "cat,dog,eel")]
    [InlineData("ankle boot,t-shirt", "Ankle_Boot,T Shirt")]
    [InlineData("0,1,2", "00,01,02")]
    [InlineData("T-shirt/top,Trouser,Ankle boot", "t-shirt,trouser,ankle boot")]
    [InlineData("0 - zero,1 - one,9 - nine", "0,1,9")]
    [InlineData("plane,car,bird", "airplane,automobile,bird")]
    public void Other_spellings_are_the_same_and_said(string known, string images)
    {
        foreach (var (a, b) in ((string, string)[])[(known, images), (images, known)])
        {
            var order = Match(a.Split(','), b.Split(','));
            Assert.True(order.IsIdentity);
            Assert.Contains("classes that differ in spelling are treated as the same: ", order.Remark);
        }
    }

    [Fact]
    public void Where_spelling_tells_classes_apart_it_counts()
    {
        Assert.Equal([1, 0], Match(["a", "A"], "A", "a").Outputs);
        Assert.Contains("are ambiguous", Assert.Throws<InputException>(() => Match(["a", "A"], "a ", "A")).Message);
        // A model that knows both takes neither for the other.
        Assert.Equal([1, 0, 2], Match(["car", "automobile", "cat"], "automobile", "car").Outputs);
    }

    [Fact]
    public void The_order_of_a_model_without_names_is_said()
    {
        var order = ClassOrder.Assume("m.pt", Known);
        Assert.True(order.IsIdentity);
        Assert.Equal("m.pt: has no class names; its outputs are assumed to be the images' classes in this order: cat, dog, eel.", order.Remark);
        Assert.DoesNotContain("10 comes before 2", ClassOrder.Assume("m.pt", ["0", "1", "2"]).Remark);
        Assert.Contains("10 comes before 2", ClassOrder.Assume("m.pt", ["0", "1", "10", "2"]).Remark);
    }

    [Fact]
    public void Logits_are_put_in_order_with_their_gradients()
    {
        using var scope = NewDisposeScope();
        var f = Match(Known, "eel", "cat").Apply(x => x * tensor(new[] { 1f, 2, 3 }));
        var x = tensor(new[] { 1f, 10, 100, 4, 5, 6 }).reshape(2, 3).requires_grad_();
        var z = f(x);
        Assert.Equal([300f, 1, 20, 18, 4, 10], z.data<float>().ToArray());
        z[.., 0].sum().backward();
        Assert.Equal([0f, 0, 3, 0, 0, 3], x.grad!.data<float>().ToArray());
    }

    [Theory]
    [InlineData("cat,dog , eel")]
    [InlineData("cat\ndog\r\neel\n")]
    [InlineData("[\"cat\", \"dog\", \"eel\"]")]
    [InlineData("{\"dog\": 1, \"eel\": 2, \"cat\": 0}")]
    [InlineData("{\"1\": \"dog\", \"0\": \"cat\", \"2\": \"eel\"}")]
    public void Names_are_read_in_every_form(string text) => Assert.Equal(Known, ClassNames.Parse(text));

    [Theory]
    [InlineData("", "a name is empty")]
    [InlineData("cat", "fewer than two")]
    [InlineData("cat,,eel", "a name is empty")]
    [InlineData("cat,dog,cat", "duplicate name 'cat'")]
    [InlineData("[\"cat\", [1]]", "neither a string nor a number")]
    [InlineData("{\"cat\": 0, \"dog\": 2}", "indices are not 0 to 1")]
    [InlineData("{\"cat\": 0, \"dog\": 0}", "no unique index")]
    [InlineData("[\"cat\"", "invalid JSON")]
    [InlineData("[\"cat\", \"\\ud800\"]", "is not valid Unicode")]
    [InlineData("{\"\\ud800\": 0, \"cat\": 1}", "is not valid Unicode")]
    public void What_names_no_classes_is_refused(string text, string says) =>
        Assert.Contains(says, Assert.Throws<FormatException>(() => ClassNames.Parse(text)).Message);

    [Fact]
    public void A_file_notes_names_as_it_has_them()
    {
        Assert.Equal([" cat", "[dog]"], ClassNames.FromMetadata("m", " cat\n[dog]"));
        Assert.Equal(Known, ClassNames.FromMetadata("m", "cat,dog,eel"));
        foreach (var names in (string[][])[Known, ["a\nb", "c"], ["a\r\n\"b\"", "ü\\"], ["[", "]"], ["{", "x"], ["[a", "b"], [" cat", "[dog]"],
            ["a,b", "c"]])
            Assert.Equal(names, ClassNames.FromMetadata("m", ClassNames.ToMetadata(names)));
        Assert.Null(ClassNames.FromMetadata("m", null));
        Assert.Contains("m: invalid class names in its metadata 'class_names'",
            Assert.Throws<InputException>(() => ClassNames.FromMetadata("m", "cat")).Message);
    }
}
