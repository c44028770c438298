using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Arow.Options;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tensorboard;

namespace Arow.Training;

/// <summary>
/// An event file of TensorBoard: TFRecords of <c>Event</c> messages, each written to the system at once, so that a kill loses none.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const string HyperparameterPlugin = "hparams";

    private static int files;

    private readonly FileStream file;

    /// <summary>Begins a file.</summary>
    /// <param name="folder">Created if needed; every process that resumes a run begins a file of its own.</param>
    /// <param name="purgedFrom">The first step that earlier files may have and that is lost, since it is done again; null for none.</param>
    public EventFile(string folder, long? purgedFrom)
    {
        Directory.CreateDirectory(folder);
        // TensorBoard reads files in the order of their names.
        var name = string.Create(CultureInfo.InvariantCulture,
            $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds():0000000000}.{System.Environment.MachineName}."
                + $"{System.Environment.ProcessId}.{Interlocked.Increment(ref files)}");
        file = new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        Write(new Event { FileVersion = "brain.Event:2" });
        if (purgedFrom is { } step) Write(new Event { Step = step, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
    }

    /// <summary>Writes numbers of a step; those that are null are left out.</summary>
    public void WriteScalars(long step, IEnumerable<(string Tag, double? Value)> scalars)
    {
        var summary = new Summary();
        foreach (var (tag, value) in scalars)
        {
            if (value is { } v) summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)v });
        }
        Write(new Event { Step = step, Summary = summary });
    }

    /// <summary>Writes a picture.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="tag">Its name.</param>
    /// <param name="png">Encoded.</param>
    /// <param name="size">Width and height in pixels.</param>
    /// <param name="description">What is shown, in Markdown; TensorBoard shows that of the first picture of a name.</param>
    public void WritePicture(long step, string tag, byte[] png, (int Width, int Height) size, string description) => Write(step, new()
    {
        Tag = tag,
        Image = new() { Width = size.Width, Height = size.Height, Colorspace = 3, EncodedImageString = ByteString.CopyFrom(png) },
        Metadata = new() { SummaryDescription = description },
    });

    /// <summary>Writes the options of the run, for TensorBoard's table of hyperparameters; paths are left out.</summary>
    public void WriteHyperparameters(TrainingOptions options)
    {
        // map<string, Value> is the only field of Struct, and the first of SessionStartInfo.
        var values = new Struct();
        foreach (var setting in Settings.All.Where(s => !s.IsPath))
        {
            if (setting.Get(options) is { } text) values.Fields[setting.Name] = ToValue(setting, text);
        }
        WriteSession("_hparams_/session_start_info", field: 3, output =>
        {
            values.WriteTo(output);
            output.WriteTag(5, WireFormat.WireType.Fixed64);
            output.WriteDouble(Now);
        });
    }

    /// <summary>Writes that the run is complete.</summary>
    public void WriteSuccess() => WriteSession("_hparams_/session_end_info", field: 4, output =>
    {
        output.WriteTag(1, WireFormat.WireType.Varint);
        output.WriteEnum(1);
        output.WriteTag(2, WireFormat.WireType.Fixed64);
        output.WriteDouble(Now);
    });

    public void Dispose() => file.Dispose();

    private static double Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;

    private static Value ToValue(Setting<TrainingOptions> setting, string text) => setting.Kind switch
    {
        SettingKind.Flag => Value.ForBool(bool.Parse(text)),
        SettingKind.Integer or SettingKind.Number => Value.ForNumber(double.Parse(text, CultureInfo.InvariantCulture)),
        SettingKind.Ratio => Value.ForNumber(Ratio.Parse(text)!.Value.Value),
        _ => Value.ForString(text),
    };

    /// <summary>Writes a message of TensorBoard's plugin for hyperparameters (<c>HParamsPluginData</c>), of which the field is given.</summary>
    private void WriteSession(string tag, int field, Action<CodedOutputStream> content)
    {
        using var message = new MemoryStream();
        using (var output = new CodedOutputStream(message, leaveOpen: true)) content(output);
        using var data = new MemoryStream();
        using (var output = new CodedOutputStream(data, leaveOpen: true))
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(message.ToArray()));
        }
        Write(0, new()
        {
            Tag = tag,
            Metadata = new()
            {
                PluginData = new SummaryMetadata.Types.PluginData
                {
                    PluginName = HyperparameterPlugin, Content = ByteString.CopyFrom(data.ToArray()),
                },
            },
        });
    }

    private void Write(long step, Summary.Types.Value value)
    {
        var summary = new Summary();
        summary.Value.Add(value);
        Write(new Event { Step = step, Summary = summary });
    }

    /// <summary>Writes a TFRecord: length, its checksum, the message, its checksum.</summary>
    private void Write(Event message)
    {
        message.WallTime = Now;
        var content = message.ToByteArray();
        var record = new byte[sizeof(ulong) + sizeof(uint) + content.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), Checksum(record.AsSpan(0, sizeof(ulong))));
        content.CopyTo(record, sizeof(ulong) + sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - sizeof(uint)), Checksum(content));
        file.Write(record);
    }

    /// <summary>The masked CRC-32C of TFRecords: rotated, so that a checksum of checksums is none.</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        const uint Mask = 0xa282ead8;
        var crc = uint.MaxValue;
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + Mask;
    }
}
