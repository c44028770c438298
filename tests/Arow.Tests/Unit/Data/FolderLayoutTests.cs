namespace Arow.Tests.Unit.Data;

/// <summary>What folders are for, by their names as people and tools write them.</summary>
public sealed class FolderLayoutTests
{
    /// <summary>Paths, and how many images are for training, validation and testing, of which classes.</summary>
    public static TheoryData<string, int, int, int, string> Understood => new()
    {
        { "train/cat/1 train/dog/2 test/cat/3", 2, 0, 1, "cat dog" },
        { "train/cat/1 train/dog/2 val/cat/3", 2, 0, 1, "cat dog" },
        { "train/cat/1 train/dog/2 valid/cat/3 test/dog/4", 2, 1, 1, "cat dog" },
        { "Training/cat/1 Validation/cat/3 Test/cat/4", 1, 1, 1, "cat" },
        { "TRAIN/cat/1 TEST/cat/3", 1, 0, 1, "cat" },
        { "training/cat/1 testing/cat/3", 1, 0, 1, "cat" },
        { "training_set/training_set/cat/1 test_set/test_set/cat/3", 1, 0, 1, "cat" },
        { "seg_train/seg_train/sea/1 seg_train/seg_train/street/2 seg_test/seg_test/sea/3", 2, 0, 1, "sea street" },
        { "train_images/cat/1 test_images/cat/2", 1, 0, 1, "cat" },
        { "trainImages/cat/1 testImages/cat/2", 1, 0, 1, "cat" },
        { "Train_Data/cat/1 Test-Data/cat/2", 1, 0, 1, "cat" },
        { "train2017/cat/1 val2017/cat/2", 1, 0, 1, "cat" },
        { "train_64x64/cat/1 valid_64x64/cat/2", 1, 0, 1, "cat" },
        { "train/cat/1 dev/cat/2", 1, 0, 1, "cat" },
        { "train/cat/1 eval/cat/2", 1, 0, 1, "cat" },
        { "train/cat/1 holdout/cat/2", 1, 0, 1, "cat" },
        { "train/cat/1 dev/cat/2 hold-out/cat/3", 1, 1, 1, "cat" },
        { "trainval/cat/1 test/cat/2", 1, 0, 1, "cat" },
        { "images/train/cat/1 images/val/cat/2", 1, 0, 1, "cat" },
        { "train/images/cat/1 test/images/cat/2", 1, 0, 1, "cat" },
        { "trainA/cat/1 testA/cat/2", 1, 0, 1, "cat" },
        { "train/cat/1 train/dog/2 final_test/cat/3 final_test/dog/4", 2, 0, 2, "cat dog" },
        { "dev_train/cat/1 dev_test/cat/2", 1, 0, 1, "cat" },
        { "Training/cat/1 Training/dog/2 EvalPublic/cat/3 EvalPublic/dog/4 PrivateTest/cat/5 PrivateTest/dog/6", 2, 2, 2, "cat dog" },
        { "archive/pets/Train/cat/1 archive/pets/Val/cat/2", 1, 0, 1, "cat" },
        { "test/cat/1 test/dog/2", 0, 0, 2, "cat dog" },
        { "pets/Testing/cat/1 pets/Testing/dog/2", 0, 0, 2, "cat dog" },
        { "val/cat/1 val/dog/2", 0, 0, 2, "cat dog" },
        { "test/train/cat/1 test/test/cat/2", 1, 0, 1, "cat" },
        { "cat/train/1 cat/test/2 dog/train/3 dog/test/4", 2, 0, 2, "cat dog" },
        { "cat/1 dog/2", 2, 0, 0, "cat dog" },
        { "pets/cat/1 pets/dog/2", 2, 0, 0, "cat dog" },
        { "train/cat/1 train/dog/2", 2, 0, 0, "cat dog" },
        { "bullet_train/1 crash_test/2", 2, 0, 0, "bullet_train crash_test" },
        { "bullet_train/a/1 crash_test/a/2", 2, 0, 0, "bullet_train crash_test" },
        { "invalid/1 valid/2", 2, 0, 0, "invalid valid" },
        { "cat/1 dog/2 test/3", 3, 0, 0, "cat dog test" },
        { "bus/1 test/2 train/3", 3, 0, 0, "bus test train" },
        { "bus/a/1 train/steam/2", 2, 0, 0, "bus train" },
    };

    [Theory, MemberData(nameof(Understood))]
    public void Splits_are_understood(string paths, int train, int validation, int test, string classes)
    {
        var layout = Of(paths);
        Assert.Equal((train, validation, test, classes),
            (layout.Train.Length, layout.Validation.Length, layout.Test.Length, string.Join(' ', layout.Classes)));
    }

    [Theory]
    [InlineData("train/1 train/2 test/3", "train/1.png|lies directly in |not in a class folder")]
    [InlineData("Train/1 Val/2", "lies directly in |not in a class folder")]
    [InlineData("images/train/1 images/val/2", "lies directly in |not in a class folder")]
    [InlineData("test/1 test/2", "test/1.png lies directly in test/")]
    [InlineData("train/cat/1 train/2 test/cat/3", "train/2.png lies directly in train/")]
    [InlineData("train/cat/1 test/2", "test/2.png lies directly in test/")]
    [InlineData("train/images/1 val/images/2",
        "train/images/1.png lies directly in images/, not in a class folder; put the images of train/ into one folder for each class")]
    [InlineData("train/n1/images/1 train/n2/images/2 val/images/3", "val/images/3.png lies directly in images/, not in a class folder")]
    [InlineData("images/1 images/2", "images/1.png lies directly in images/, not in a class folder; put the images into one folder for each class")]
    [InlineData("train/caf\u00e9/1 test/cafe\u0301/2", "differs from it in case, in separators between words, or in the Unicode form of its letters")]
    [InlineData("train/ice_cream/1 test/Ice-Cream/2", "ice_cream/ differs from it in case")]
    [InlineData("train/3 train/2 test/1", "train/2.png lies directly in train/")]
    [InlineData("cat/1 3 2", "2.png is not in a class folder; put images into one folder for each class")]
    [InlineData("train/cat/1 TRAIN/cat/2 test/cat/3", "TRAIN/ and train/ both look like images for training")]
    [InlineData("test1/cat/1 test2/cat/2", "test1/ and test2/ both look like images for testing")]
    [InlineData("train/cat/1 test/cat/2 extra/cat/3", "extra/cat/3.png lies beside train/ and test/, in neither")]
    [InlineData("train/cat/1 val/cat/2 test/cat/3 more/cat/4", "in none of them")]
    [InlineData("train/cat/1 test/cat/2 cover", "cover.png lies beside train/ and test/, in neither")]
    [InlineData("cat/1 dog/2 test/cat/3", "cat/ is both beside test/ and inside it")]
    [InlineData("train/cat/1 test/dog/2", "test/dog/2.png belongs to a class without a folder in train/")]
    [InlineData("train/cat/1 val/dog/2 test/cat/3", "val/dog/2.png belongs to a class without a folder in train/")]
    [InlineData("Training/cat/1 Training/dog/2 PublicTest/cat/3 PublicTest/dog/4 PrivateTest/cat/5 PrivateTest/dog/6",
        "PrivateTest/, PublicTest/, Training/ all contain the folders cat, dog, so they look like splits|name them train/, val/ and test/")]
    [InlineData("train/cat/1 train/dog/2 unseen/cat/3 unseen/dog/4", "train/, unseen/ all contain the folders cat, dog")]
    [InlineData("trainning/cat/1 trainning/dog/2 testing/cat/3 testing/dog/4", "look like splits")]
    [InlineData("train/cat/1 test/Cat/2", "test/Cat/2.png belongs to a class without a folder in train/; cat/ differs")]
    public void What_cannot_be_told_apart_is_refused(string paths, string says)
    {
        var fault = Assert.Throws<InputException>(() => Of(paths)).Message;
        Assert.All(says.Split('|'), part => Assert.Contains(part, fault));
    }

    [Theory]
    [InlineData("train/cat/1 val/cat/2", "val/ contains the test images, as there is no test/")]
    [InlineData("train/cat/1 val/cat/2 test/cat/3", "val/ selects the weights, test/ is for testing")]
    [InlineData("Test/cat/1", "Test/ contains the test images; there are no training images")]
    [InlineData("cat/1", "there is no test folder: 20 % of each class are set aside")]
    [InlineData("train/cat/1 train/dog/1", "there is train/ and no test folder")]
    [InlineData("train/cat/1 test/cat/2", null)]
    [InlineData("train/cat/1 train/dog/2 final_test/cat/3 final_test/dog/4", "train/ is for training, final_test/ for testing")]
    public void What_is_assumed_is_told(string paths, string? remark)
    {
        if (remark is null) Assert.Null(Of(paths).Remark);
        else Assert.Contains(remark, Of(paths).Remark);
    }

    [Theory]
    [InlineData("cat/1 dog/2 test/3", "'test' is treated as a class, like cat, dog beside it")]
    [InlineData("invalid/1 valid/2", "'valid' is treated as a class, like invalid beside it")]
    [InlineData("bus/1 test/2 train/3", "'test', 'train' are treated as classes, like bus beside it")]
    [InlineData("train/animals/cat/1 train/animals/dog/2 train/vehicles/car/3 test/vehicles/bus/4",
        "everything below animals/ is treated as one class, regardless of its subfolders (cat, dog); likewise vehicles/")]
    [InlineData("Cat/1 cat/2 dog/3", "Cat/, cat/ are treated as 2 classes, but differ only in case or in separators between words")]
    [InlineData("train/images/1 train/annotations/2 test/images/3 test/annotations/4",
        "annotations/, images/ are treated as classes because of their location; the folder that contains the class folders may be another one")]
    [InlineData("bus/a/1 bus/b/2 bike/images/3", "everything below bus/ is treated as one class, regardless of its subfolders (a, b)")]
    [InlineData("A/cat/1 A/dog/2 B/cat/3 B/dog/4",
        "A/, B/ all contain the folders cat, dog and are treated as classes; splits must be named train/, val/ and test/")]
    [InlineData("cat/1 dog/2", "too few images of each class to set some aside for testing")]
    public void What_is_in_doubt_is_told(string paths, string doubt) => Assert.Contains(doubt, Of(paths).Ambiguities);

    /// <summary>A folder of each class that holds all of its images tells nothing.</summary>
    [Theory]
    [InlineData("train/cat/1 train/dog/2 test/cat/3")]
    [InlineData("train/n1/images/1 train/n2/images/2 test/n1/3")]
    public void Where_nothing_is_in_doubt_nothing_is_told(string paths) => Assert.Empty(Of(paths).Ambiguities);

    private static FolderLayout Of(string paths) =>
        FolderLayout.FromPaths("root", [.. paths.Split(' ').Select(path => $"{path}.png")], testPercent: 20, seed: 0);
}
