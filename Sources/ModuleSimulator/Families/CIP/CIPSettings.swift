/// Settings of the Luat socket commands (YM310 AT manual 9.6, 9.10-9.12, 9.15, 9.16, 9.22-9.24, 9.32).
extension SimulatedModule {
    mutating func cipSettingReply(_ command: ParsedCommand) -> Reply? {
        switch command.name {
        // 9.11 with the vendor's walk-through: before the scene is opened, or it fails.
        case "+CIPQSEND": number(command, "(0,1,2)", 0...2, \.sendMode, inState: cell.ip == .initial)
        case "+CIPSPRT": number(command, "(0-2)", 0...2, \.promptMode)
        case "+CIPRXF": flag(command, \.addsLineEnd, on: 0)
        // 9.22-9.24: only on a single link, and 9.24 only with the head.
        case "+CIPHEAD": flag(command, \.showsHead, inState: !cell.isMultiLink)
        case "+CIPSHOWTP": flag(command, \.showsProtocol, inState: !cell.isMultiLink && cip.showsHead)
        case "+CIPSRIP": flag(command, \.showsSender, inState: !cell.isMultiLink)
        case "+CIPMODE": absent(command, test: "(0-NORMAL MODE,1-TRANSPARENT MODE)", inState: cell.ip == .initial)
        case "+CIPSSL": absent(command, test: "(0-1)")
        case "+CIPATS": autoSendReply(command)
        case "+CIPTKA": keepAliveReply(command)
        default: nil
        }
    }

    private mutating func number(
        _ command: ParsedCommand, _ test: String, _ range: ClosedRange<Int>, _ value: WritableKeyPath<CIPState, Int>,
        inState isAllowed: Bool = true
    ) -> Reply {
        switch command.form {
        case .test: return .says("\(command.name): \(test)")
        case .query: return .says("\(command.name): \(cip[keyPath: value])")
        case .set:
            guard let number = setting(command, range) else { return .fails(.invalidParameters) }
            guard isAllowed else { return .fails(.notAllowed) }
            cip[keyPath: value] = number
            return .ok
        case .execute, .malformed: return .error
        }
    }

    /// A switch that is on at the number `on`.
    private mutating func flag(
        _ command: ParsedCommand, _ value: WritableKeyPath<CIPState, Bool>, on: Int = 1,
        inState isAllowed: Bool = true
    ) -> Reply {
        switch command.form {
        case .test: return .says("\(command.name): (0,1)")
        case .query: return .says("\(command.name): \(cip[keyPath: value] ? on : 1 - on)")
        case .set:
            guard let number = setting(command, 0...1) else { return .fails(.invalidParameters) }
            guard isAllowed else { return .fails(.notAllowed) }
            cip[keyPath: value] = number == on
            return .ok
        case .execute, .malformed: return .error
        }
    }

    /// A switch for something that is not simulated: 0 is taken, 1 is refused.
    private func absent(_ command: ParsedCommand, test: String, inState isAllowed: Bool = true) -> Reply {
        switch command.form {
        case .test: return .says("\(command.name): \(test)")
        case .query: return .says("\(command.name): 0")
        case .set:
            guard let number = setting(command, 0...1) else { return .fails(.invalidParameters) }
            return number == 0 && isAllowed ? .ok : .fails(.notAllowed)
        case .execute, .malformed: return .error
        }
    }

    private mutating func autoSendReply(_ command: ParsedCommand) -> Reply {
        switch command.form {
        case .test: return .says("+CIPATS: (0,1),(1-100)")
        case .query: return .says("+CIPATS: \(cip.autoSend == nil ? 0 : 1),\(cip.autoSendTime)")
        case .set(let arguments):
            let numbers = arguments.compactMap { $0.number }
            guard numbers.count == arguments.count, (1...2).contains(numbers.count), numbers[0] <= 1,
                numbers.count == 1 || (1...100).contains(numbers[1])
            else { return .fails(.invalidParameters) }
            if numbers.count == 2 { cip.autoSendTime = numbers[1] }
            cip.autoSend = numbers[0] == 1 ? max(1, cip.autoSendTime) : nil
            return .ok
        case .execute, .malformed: return .error
        }
    }

    private mutating func keepAliveReply(_ command: ParsedCommand) -> Reply {
        let ranges = [0...1, 30...7200, 30...600, 1...9]
        switch command.form {
        case .test: return .says("+CIPTKA:(0,1),(30-7200),(30-600),(1-9)")
        case .query: return .says("+CIPTKA:" + cip.keepAlive.map(String.init).joined(separator: ","))
        case .set(let arguments):
            let numbers = arguments.compactMap { $0.number }
            guard numbers.count == arguments.count, (1...4).contains(numbers.count),
                zip(numbers, ranges).allSatisfy({ $1.contains($0) })
            else { return .fails(.invalidParameters) }
            cip.keepAlive.replaceSubrange(..<numbers.count, with: numbers)
            return .ok
        case .execute, .malformed: return .error
        }
    }
}
