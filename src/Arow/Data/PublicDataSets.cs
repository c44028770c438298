namespace Arow.Data;

/// <summary>The public data sets: official addresses, checksums and sizes, and class names.</summary>
internal static class PublicDataSets
{
    /// <summary>Class names of the sets of digits.</summary>
    public static readonly string[] Digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

    public static readonly Idx FashionMnist = new(
        "fashion-mnist", "Fashion-MNIST, clothes, 28x28 grey, 10 classes, 60,000 + 10,000 images",
        ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"],
        new Augmentation(0, Flip: true),
        IdxFiles("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880), ("25c81989df183df01b3e8a0aad5dffbe", 29_515),
            ("bef4ecab320f06d8554ea6380940ec79", 4_422_102), ("bb300cfdad3c16e7a12a480ee83cd310", 5_148)));

    public static readonly Idx Mnist = new(
        "mnist", "MNIST, handwritten digits, 28x28 grey, 10 classes, 60,000 + 10,000 images", Digits, Augmentation.None,
        IdxFiles("https://ossci-datasets.s3.amazonaws.com/mnist/",
            ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422), ("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
            ("9fb629c4189551a2d022fa330f9573f3", 1_648_877), ("ec29112dd5afa0611ce80d1b7f02629c", 4_542)));

    public static readonly Idx Kmnist = new(
        "kmnist", "Kuzushiji-MNIST, cursive Japanese, 28x28 grey, 10 classes, 60,000 + 10,000 images",
        ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"], Augmentation.None,
        IdxFiles("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            ("bdb82020997e1d708af4cf47b453dcf7", 18_165_135), ("e144d726b3acfaa3e44228e80efcd344", 29_497),
            ("5c965bf0a639b31b8f53240b1b52f4d7", 3_041_136), ("7320c461ea6c1c855c0b718fb2a4b134", 5_120)));

    public static readonly Cifar Cifar10 = new(
        "cifar10", "CIFAR-10, animals and vehicles, 32x32 colour, 10 classes, 50,000 + 10,000 images",
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        LabelBytes: 1, "cifar-10-batches-bin",
        ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"], "test_batch.bin",
        File("https://www.cs.toronto.edu/~kriz/", "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170_052_171),
        new CifarPickles("cifar-10-batches-py", "cifar-10-python.tar.gz", "labels", "batches.meta", "label_names"));

    public static readonly Cifar Cifar100 = new(
        "cifar100", "CIFAR-100, things and beings, 32x32 colour, 100 fine classes, 50,000 + 10,000 images",
        [
            "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
            "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
            "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
            "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
            "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
            "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
            "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
            "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
            "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
            "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
        ],
        LabelBytes: 2, "cifar-100-binary", ["train.bin"], "test.bin",
        File("https://www.cs.toronto.edu/~kriz/", "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 168_513_733),
        new CifarPickles("cifar-100-python", "cifar-100-python.tar.gz", "fine_labels", "meta", "fine_label_names"));

    public static readonly Svhn Svhn = new(
    [
        File("http://ufldl.stanford.edu/housenumbers/", "train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373", 182_040_794),
        File("http://ufldl.stanford.edu/housenumbers/", "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3", 64_275_384),
    ]);

    private static RemoteFile[] IdxFiles(string address, params (string Md5, long Bytes)[] files) =>
    [
        File(address, "train-images-idx3-ubyte.gz", files[0].Md5, files[0].Bytes),
        File(address, "train-labels-idx1-ubyte.gz", files[1].Md5, files[1].Bytes),
        File(address, "t10k-images-idx3-ubyte.gz", files[2].Md5, files[2].Bytes),
        File(address, "t10k-labels-idx1-ubyte.gz", files[3].Md5, files[3].Bytes),
    ];

    private static RemoteFile File(string address, string name, string md5, long bytes) =>
        new(name, new Uri(address + name), md5, bytes);
}
