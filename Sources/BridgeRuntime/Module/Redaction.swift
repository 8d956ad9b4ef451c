import ATProtocol

// What a log may show of the module's lines. A line that was damaged on the way, or an echo that came back late, can
// hold a password or a piece of a payload, so only the name of a line and its numbers are shown.

/// A line of the module: its name and what follows, texts in quotes left out; only its length when it has no name.
func shown(_ line: [UInt8]) -> String {
    guard let first = line.first, first == 0x2B || first == 0x5E || first == 0x2A else {
        let isResultCode = line.count <= 24 && line.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x20 }
        return isResultCode ? readable(line) : "<\(line.count) bytes>"
    }
    var isQuoted = false
    var kept: [UInt8] = []
    for byte in line {
        if byte == 0x22 {
            if !isQuoted { kept += Array("\"…\"".utf8) }
            isQuoted.toggle()
        } else if !isQuoted {
            kept.append(byte)
        }
    }
    // The payload of a +MSUB is not always quoted.
    if line.starts(with: "+MSUB".utf8) { kept = Array(kept.prefix { $0 != 0x2C }) }
    return readable(kept)
}

/// A line that no command asked for.
func shown(_ urc: URC) -> String {
    switch urc {
    case .other(let line): shown(line)
    case .simOther(let state): "+CPIN: \(readable(state))"
    case .cgev(.other(let event)): "+CGEV: \(readable(event))"
    case .outcome(.connectFail(let state)): "CONNECT FAIL (STATE: \(state.map { readable($0) } ?? "not told"))"
    case .outcome, .closed, .pdpDeactivated, .cgev, .simRemoved, .simReady, .banner, .registration, .cacheNotice, .nitz,
        .serviceState, .socket:
        urc.wireText
    }
}

/// How a command ended.
func shown(_ final: CommandResult.Final) -> String {
    switch final {
    case .text(let line): readable(line)
    case .cmeError(let code, let text): "+CME ERROR: \(code.map { "\($0)" } ?? readable(text))"
    case .cmsError(let code, let text): "+CMS ERROR: \(code.map { "\($0)" } ?? readable(text))"
    case .ok, .error, .timedOut, .portLost, .noPrompt: final.wireText
    }
}
