/// How a module prints the header of a message. Learnt from a message that could be read in one way only.
///
/// Readings of the learnt kind are tried first: otherwise a payload such as `1,200,300` under the filter `#` would
/// look like the beginning of a longer message, and every such message would wait for the silence that refutes it.
struct MessageDialect: Equatable {
    /// Whether the topic stands in quotes.
    var quoted: Bool
    /// Whether `byte` follows the length.
    var unit: Bool
}
