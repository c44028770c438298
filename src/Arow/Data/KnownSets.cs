namespace Arow.Data;

/// <summary>The public data sets: where their makers keep them, the official checksums, the names of the classes.</summary>
internal static class KnownSets
{
    private static readonly string[] Digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    public static readonly Idx FashionMnist = new(
        "fashion-mnist", "Fashion-MNIST, clothes, 28x28 grey",
        ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
        new Augmentation(0, Flip: true),
        IdxFiles("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"));

    public static readonly Idx Mnist = new(
        "mnist", "MNIST, handwritten digits, 28x28 grey", Digits, Augmentation.None,
        IdxFiles("https://ossci-datasets.s3.amazonaws.com/mnist/",
            "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"));

    public static readonly Idx Kmnist = new(
        "kmnist", "Kuzushiji-MNIST, cursive Japanese, 28x28 grey",
        ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"], Augmentation.None,
        IdxFiles("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134"));

    private static RemoteFile[] IdxFiles(string address, params string[] md5) =>
    [
        File(address, "train-images-idx3-ubyte.gz", md5[0]), File(address, "train-labels-idx1-ubyte.gz", md5[1]),
        File(address, "t10k-images-idx3-ubyte.gz", md5[2]), File(address, "t10k-labels-idx1-ubyte.gz", md5[3]),
    ];

    private static RemoteFile File(string address, string name, string md5) => new(name, new Uri(address + name), md5);
}
