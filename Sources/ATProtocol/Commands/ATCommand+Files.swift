/// Commands of the module's file system: YM310 AT manual chapter 8. Names are quoted, as every posted example has them.
extension ATCommand {
    /// Longest file name in bytes (YM310 AT manual 8.1).
    public static let fileNameLimit = 64
    /// Largest file that one `AT+FSWRITE` can write, in bytes (YM310 AT manual 8.4).
    public static let fileSizeLimit = 10240

    /// How a firmware calls the question for a file's size.
    public enum FileSizeSpelling: Sendable, Equatable, CaseIterable {
        /// `AT+FSFSIZE`, YM310 AT manual 8.11.
        case fsfsize
        /// `AT+FSFLSIZE`, as older firmwares have it (module-behaviour 8).
        case fsflsize
    }

    /// `AT+FSCREATE="name"`: an empty file. YM310 AT manual 8.1.
    public static func fsCreate(_ name: String) throws(ATEncodingError) -> ATCommand {
        try fileCommand("AT+FSCREATE=", name)
    }

    /// `AT+FSDEL="name"`: `ERROR` when there is none. YM310 AT manual 8.10.
    public static func fsDelete(_ name: String) throws(ATEncodingError) -> ATCommand {
        try fileCommand("AT+FSDEL=", name)
    }

    /// `AT+FSFSIZE="name"` or its other spelling: answers `+FSFSIZE: bytes`; `ERROR` when there is no such file or the
    /// firmware spells it otherwise. YM310 AT manual 8.11.
    public static func fsFileSize(
        _ name: String, spelling: FileSizeSpelling = .fsfsize
    ) throws(ATEncodingError) -> ATCommand {
        switch spelling {
        case .fsfsize: try fileCommand("AT+FSFSIZE=", name, prefixes: ["+FSFSIZE"])
        case .fsflsize: try fileCommand("AT+FSFLSIZE=", name, prefixes: ["+FSFLSIZE", "+FSFSIZE"])
        }
    }

    /// `AT+FSMEM`: answers `+FSMEM: n bytes`, the room that is left. YM310 AT manual 8.7.
    public static var fsMem: ATCommand { ATCommand("AT+FSMEM", prefixes: ["+FSMEM"]) }

    /// `AT+FSWRITE="name",0,length,seconds`, then the contents in data mode, at most 10240 bytes. `TimeOut` ends it
    /// when the contents come short. YM310 AT manual 8.4.
    public static func fsWrite(
        _ name: String, contents: [UInt8], seconds: Int = 15
    ) throws(ATEncodingError) -> ATCommand {
        guard !contents.isEmpty else { throw .empty(field: "file contents") }
        guard contents.count <= fileSizeLimit else {
            throw .tooLong(field: "file contents", count: contents.count, limit: fileSizeLimit)
        }
        var writer = CommandWriter("AT+FSWRITE=")
        try writer.append(quoted: name, field: "file name", limit: fileNameLimit)
        writer.append(",0,\(contents.count),")
        try writer.append(number: seconds, in: 1...3600, field: "input time")
        return ATCommand(
            line: writer.line, timeout: .seconds(9 + seconds), failureLines: ["TimeOut"], data: contents)
    }

    private static func fileCommand(
        _ start: String, _ name: String, prefixes: [String] = []
    ) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter(start)
        try writer.append(quoted: name, field: "file name", limit: fileNameLimit)
        return ATCommand(line: writer.line, prefixes: prefixes)
    }
}
