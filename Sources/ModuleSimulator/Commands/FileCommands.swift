/// YM310 AT manual chapter 8: the file system. Directories, and drives other than the built-in one, are not there.
extension SimulatedModule {
    /// What the size of a file is asked with: the manual says FSFSIZE in its text and FSFLSIZE in its contents, and
    /// firmwares have the one or the other.
    private var sizeCommand: String { dialect.has(.longFileSize) ? "+FSFLSIZE" : "+FSFSIZE" }

    mutating func fileReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+FSCREATE", .test), ("+FSREAD", .test), ("+FSWRITE", .test), ("+FSDRIVE", .test), ("+FSLS", .test),
            ("+FSMEM", .test), ("+FSDEL", .test):
            return .ok
        case ("+FSCREATE", .set(let arguments)):
            guard let name = name(arguments), flash.create(name) else { return .error }
            keepFlash()
            return .ok
        case ("+FSDEL", .set(let arguments)):
            guard let name = name(arguments), flash.delete(name) else { return .error }
            keepFlash()
            return .ok
        case ("+FSREAD", .set(let arguments)): return readFile(arguments)
        case ("+FSREADHEAD", .query): return .says("+FSREADHEAD: \(readsWithHead ? 1 : 0)")
        case ("+FSREADHEAD", .set):
            guard let mode = setting(command, 0...1) else { return .error }
            readsWithHead = mode == 1
            return .ok
        case ("+FSWRITE", .set(let arguments)): return writeFile(arguments, now: now)
        case ("+FSDRIVE", .set):
            guard let drive = setting(command, 0...1) else { return .error }
            return .says("+FSDRIVE:\(drive == 0 ? "C" : "D")")
        case ("+FSLS", .set(let arguments)):
            guard arguments.count == 1, ["/", "C:", "C:/"].contains(arguments[0].text) else { return .error }
            return Reply(lines: flash.names)
        case ("+FSMEM", .execute): return .says("+FSMEM: \(flash.free) bytes")
        case (sizeCommand, .test): return .ok
        case (sizeCommand, .set(let arguments)):
            guard let name = name(arguments), let content = flash.content(name) else { return .error }
            return .says("\(sizeCommand): \(content.count)")
        default: return nil
        }
    }

    private func name(_ arguments: [ParsedCommand.Argument]) -> [UInt8]? {
        arguments.count == 1 ? FlashFiles.name(arguments[0].bytes) : nil
    }

    private mutating func keepFlash() {
        if options.flashFile != nil { actions.append(.storeFlash(flash.encoded)) }
    }

    private func readFile(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard (3...4).contains(arguments.count), let name = FlashFiles.name(arguments[0].bytes),
            let content = flash.content(name), let mode = arguments[1].number, mode < 2,
            let size = arguments[2].number, size <= FlashFiles.transferLimit
        else { return .error }
        var start = 0
        if mode == 1 {
            guard arguments.count == 4, let position = arguments[3].number, position < content.count else {
                return .error
            }
            start = position
        }
        return Reply(lines: [ascii(readsWithHead ? "+FSREAD: " : "") + content.dropFirst(start).prefix(size)])
    }

    private mutating func writeFile(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard arguments.count == 4, let name = FlashFiles.name(arguments[0].bytes), flash.content(name) != nil,
            let mode = arguments[1].number, mode < 2, let size = arguments[2].number,
            (1...FlashFiles.transferLimit).contains(size), let seconds = Self.inputTime(arguments[3].bytes),
            flash.hasRoom(name, size, appending: mode == 1)
        else { return .error }
        dataEntries += 1
        agenda.add(.dataExpired(number: dataEntries), at: now + .seconds(seconds))
        return Reply(
            ending: .prompt(
                DataEntry(
                    purpose: .file(name: name, appending: mode == 1), number: dataEntries, length: size, generation: 0))
        )
    }

    /// 1 to 4294967295 seconds.
    private static func inputTime(_ bytes: [UInt8]) -> Int? {
        guard bytes.count <= 10, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int(String(decoding: bytes, as: UTF8.self)), (1...4_294_967_295).contains(seconds)
        else { return nil }
        return seconds
    }

    /// The data of an FSWRITE are complete.
    mutating func fileArrived(_ name: [UInt8], _ data: [UInt8], appending: Bool) -> Reply {
        guard flash.write(name, data, appending: appending, keepsTail: dialect.has(.keepsTail)) else { return .error }
        note("file \(escaped(name)) holds \(flash.content(name)?.count ?? 0) bytes")
        keepFlash()
        return .ok
    }

    /// The time for the data of an FSWRITE is over: what came of them is dropped.
    mutating func dataExpired(number: Int, now: Duration) {
        guard case .data(let entry) = phase, entry.number == number, power == .running,
            case .file(let name, _) = entry.purpose
        else { return }
        flushEcho()
        note("FSWRITE \(escaped(name)): \(entry.collected.count) of \(entry.length ?? 0) bytes came in time")
        finish(lines: [], .text("TimeOut"), now: now)
    }
}
