/// Why an end-to-end test cannot go on.
public struct RigFailure: Error, CustomStringConvertible {
    /// What happened.
    public var description: String

    /// A failure in words.
    public init(_ description: String) { self.description = description }
}
