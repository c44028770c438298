using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;

namespace Arow.Tests;

/// <summary>
/// Which namespaces of the library use which, by what the compiler made of them: signatures, fields, and the instructions of methods.
/// </summary>
internal static class FolderDependencies
{
    private static readonly Assembly Library = typeof(Classifier).Assembly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The folders that each folder may use, as the table of docs/architecture.md says; the root, "(root)", may be used by all.</summary>
    public static Dictionary<string, string[]> Allowed()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/architecture.md"));
        var table = page.Split("## Folders of `src/Arow`")[1].Split("\n## ")[0];
        return Regex.Matches(table, @"^\| (?:`([\w/]+)`|(\(root\))) \| .* \| (.*) \|$", RegexOptions.Multiline).ToDictionary(
            row => row.Groups[1].Success ? row.Groups[1].Value : row.Groups[2].Value,
            row => row.Groups[3].Value.Split([", ", "–"], StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>What is used: from a folder to another, with an example of each.</summary>
    public static Dictionary<(string From, string To), string> Used()
    {
        var used = new Dictionary<(string, string), string>();
        foreach (var type in Library.GetTypes())
        {
            if (Folder(type) is not { } from) continue;
            foreach (var other in References(type))
            {
                if (Folder(other) is { } to && to != from) used.TryAdd((from, to), $"{type} uses {other}");
            }
        }
        return used;
    }

    /// <summary>A namespace is a folder; what lies in a folder's own folders belongs to it, but for those of Models.</summary>
    private static string? Folder(Type type)
    {
        if (type.Assembly != Library || type.Namespace is not { } name || !name.StartsWith("Arow", StringComparison.Ordinal)) return null;
        var parts = name.Split('.');
        return parts.Length == 1 ? "(root)" : parts is [_, "Models", var inner] ? $"Models/{inner}" : parts[1];
    }

    private static IEnumerable<Type> References(Type type)
    {
        var found = new HashSet<Type>();
        Add(type.BaseType);
        foreach (var one in type.GetInterfaces()) Add(one);
        foreach (var field in type.GetFields(Declared)) Add(field.FieldType);
        foreach (var method in type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared)))
        {
            Add((method as MethodInfo)?.ReturnType);
            foreach (var parameter in method.GetParameters()) Add(parameter.ParameterType);
            if (method.GetMethodBody() is not { } body) continue;
            foreach (var local in body.LocalVariables) Add(local.LocalType);
            foreach (var token in Tokens(body.GetILAsByteArray()!))
            {
                var member = Resolve(method, token);
                Add(member as Type);
                Add(member?.DeclaringType);
            }
        }
        return found;

        void Add(Type? one)
        {
            if (one is null) return;
            if (one.HasElementType) Add(one.GetElementType());
            foreach (var argument in one.GenericTypeArguments) Add(argument);
            found.Add(one.IsGenericType ? one.GetGenericTypeDefinition() : one);
        }
    }

    private static MemberInfo? Resolve(MethodBase method, int token)
    {
        var ofType = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        return method.Module.ResolveMember(token, ofType, ofMethod);
    }

    /// <summary>The types, methods and fields that instructions name.</summary>
    private static IEnumerable<int> Tokens(byte[] il)
    {
        for (var at = 0; at < il.Length;)
        {
            var code = il[at] == 0xFE ? Codes[(short)(0xFE00 | il[at + 1])] : Codes[il[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineType or OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok)
                yield return BitConverter.ToInt32(il, at);
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
                _ => 4,
            };
        }
    }
}
