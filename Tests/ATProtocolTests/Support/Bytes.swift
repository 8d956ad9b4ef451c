@testable import ATProtocol

/// Bytes from text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Text from bytes.
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// A random generator that gives the same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// Runs a lexer over reads.
func lex(
    _ reads: [[UInt8]], _ context: Lexer.Context = Lexer.Context(), decideAtEnd: Bool = false,
    limits: Limits = Limits(), topicMatches: ([UInt8]) -> Bool = { _ in true }
) -> [Token] {
    var lexer = Lexer(limits: limits)
    var tokens: [Token] = []
    for read in reads {
        lexer.append(read)
        while let token = lexer.next(context, topicMatches: topicMatches) { tokens.append(token) }
    }
    if decideAtEnd, lexer.pendingSilence != nil {
        var decide = true
        while let token = lexer.next(context, decideNow: decide, topicMatches: topicMatches) {
            tokens.append(token)
            decide = false
        }
    }
    return tokens
}

extension Token {
    /// Why it was discarded, when it was.
    var discardKind: Discard.Kind? {
        if case .discarded(let discard) = self { discard.kind } else { nil }
    }
}
