namespace Arow;

/// <summary>
/// The user's input is wrong: a file, a name, an option. The message is one line that says what is wrong and what would
/// be right; the program prints it and exits with 2. Nothing has been written when it is thrown.
/// </summary>
public sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);
