@testable import ATProtocol

/// Any bytes, cut into reads in any way: the same tokens, bounded memory, no trap.
@Sendable func fuzzLexer(_ input: FuzzInput) {
    var input = input
    let flags = input.byte()
    let context = Lexer.Context(
        promptExpected: flags & 1 != 0, hexPossible: flags & 2 != 0, fromCache: flags & 4 != 0,
        echoLength: flags & 8 != 0 ? 200 : 0)
    // Small bounds, so that short inputs reach them.
    var limits = Limits()
    limits.lineLength = 64
    limits.maximumPayload = 128
    let cuts = (0..<input.number(below: 8)).map { _ in input.number(below: 64) + 1 }
    let stream = input.rest

    let whole = tokens(stream, by: [max(1, stream.count)], context, limits)
    let cut = tokens(stream, by: cuts.isEmpty ? [7] : cuts, context, limits)
    require(cut == whole, "reads of \(cuts) give \(cut), not \(whole), for \(shown(stream))")
    require(tokens(stream, by: [1], context, limits) == whole, "single bytes give other tokens for \(shown(stream))")
    for token in whole { check(token, limits, context) }
}

/// Feeds the stream in reads of these lengths, over and over, and bounds what is held between them.
private func tokens(_ stream: [UInt8], by lengths: [Int], _ context: Lexer.Context, _ limits: Limits) -> [Token] {
    var lexer = Lexer(limits: limits)
    var tokens: [Token] = []
    var position = 0
    var turn = 0
    // Header with the longest topic, the payload as digits, and line ends.
    let bound = max(limits.lineLength, context.echoLength, 1024 + 32 + 2 * limits.maximumPayload)
    while position < stream.count {
        let end = min(stream.count, position + lengths[turn % lengths.count])
        lexer.append(Array(stream[position..<end]))
        position = end
        turn += 1
        while let token = lexer.next(context, topicMatches: matches) {
            tokens.append(token)
            require(tokens.count <= position, "more tokens than bytes")
        }
        require(lexer.heldBytes <= bound, "holds \(lexer.heldBytes) bytes")
    }
    // The silence after the last byte; whatever it decides must be the end of it.
    while let token = lexer.next(context, decideNow: true, topicMatches: matches) {
        tokens.append(token)
        require(tokens.count <= stream.count + 1, "more tokens than bytes at the end")
    }
    return tokens
}

/// Some topics are ours, some are not.
func matches(_ topic: [UInt8]) -> Bool { topic.first != UInt8(ascii: "x") }

private func check(_ token: Token, _ limits: Limits, _ context: Lexer.Context) {
    switch token {
    case .line(let line):
        require(line.count <= max(limits.lineLength, context.echoLength), "a line of \(line.count)")
        require(!line.contains(0x0D) && !line.contains(0x0A), "a line end in a line")
    case .message(let topic, let payload):
        require((1...1024).contains(topic.count), "a topic of \(topic.count)")
        require(payload.count <= limits.maximumPayload, "a payload of \(payload.count)")
        require(matches(topic), "a message for another topic")
    case .frame, .damaged: require(context.socket != nil, "a frame of no connection")
    case .discarded(let discard):
        require(discard.excerpt.count <= limits.excerptLength, "an excerpt of \(discard.excerpt.count)")
    case .prompt:
        require(context.promptExpected, "a prompt that was not expected")
    }
}
