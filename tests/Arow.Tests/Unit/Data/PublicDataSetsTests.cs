namespace Arow.Tests.Unit.Data;

/// <summary>
/// The order of the classes as the makers of the sets publish it: labels are numbers, and in another order every row of a report has another's name.
/// </summary>
public sealed class PublicDataSetsTests
{
    private const string Cifar100 = """
        apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar cattle
        chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard
        lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree
        plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider
        squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
        """;

    [Theory]
    [InlineData("cifar10", "airplane automobile bird cat deer dog frog horse ship truck")]
    [InlineData("cifar100", Cifar100)]
    [InlineData("fashion-mnist", "t-shirt trouser pullover dress coat sandal shirt sneaker bag ankle_boot")]
    [InlineData("kmnist", "o ki su tsu na ha ma ya re wo")]
    [InlineData("mnist", "0 1 2 3 4 5 6 7 8 9")]
    public void Classes_have_the_published_names_in_the_published_order(string name, string classes)
    {
        var known = Catalog.DataSets[name] switch { Cifar set => set.Classes, Idx set => set.Classes, _ => [] };
        Assert.Equal(classes.Split(' ', '\n'), known.Select(c => c.Replace(' ', '_')));
    }
}
