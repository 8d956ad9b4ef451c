/// One line of the fault protocol.
enum FaultLine: Equatable {
    case module(SimulatedModule.Fault)
    case replug(Duration)
    case quit

    /// Why a line is not understood.
    struct Problem: Error, Equatable {
        var text: String
    }

    static func parse(_ line: String) throws(Problem) -> FaultLine {
        let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard let name = words.first else { throw Problem(text: "empty line") }
        let rest = Array(words.dropFirst())
        switch name {
        case "drop-tcp": return .module(.dropTCP)
        case "pdp-deact": return .module(try deactivation(rest))
        case "stall": return .module(.stall(try seconds(rest, name)))
        case "half-open": return .module(.halfOpen)
        case "heal": return .module(.heal)
        case "hang": return .module(.hang)
        case "hang-hard": return .module(.hardHang)
        case "power-cycle": return .module(.powerCycle)
        case "reboot": return .module(.reboot)
        case "garbage":
            guard let count = rest.isEmpty ? 32 : Int(rest[0]), (1...65536).contains(count) else {
                throw Problem(text: "garbage wants a count of 1 to 65536")
            }
            return .module(.garbage(count))
        case "deregister": return .module(.deregister(rest.isEmpty ? nil : try seconds(rest, name)))
        case "deny": return .module(.deny(rest.isEmpty ? 7 : try count(rest, name)))
        case "refuse-attach": return .module(.refuseAttach)
        case "signal":
            guard rest.count == 1, let value = Int(rest[0]), (0...31).contains(value) || value == 99 else {
                throw Problem(text: "signal wants 0 to 31, or 99")
            }
            return .module(.signal(value))
        case "register": return .module(.register)
        case "replug": return .replug(rest.isEmpty ? .seconds(1) : try seconds(rest, name))
        case "echo-on": return .module(.echoOn)
        case "delay-puback": return .module(.delayPuback(try seconds(rest, name)))
        case "lose-puback": return .module(.losePuback)
        case "lose-publish": return .module(.losePublish)
        case "error-next-mpub":
            return .module(.publishError(rest.isEmpty ? "ERROR" : rest.joined(separator: " ")))
        case "refuse-topic":
            guard rest.count < 2 else { throw Problem(text: "refuse-topic wants a topic or nothing") }
            return .module(.refuseTopic(rest.first))
        case "refuse-connack": return .module(.refuseConnack)
        case "sim-remove": return .module(.removeSIM)
        case "sim-insert": return .module(.insertSIM)
        case "print": return .module(.print(rest.joined(separator: " ")))
        case "power-loss-after", "power-loss-before":
            let beginning = rest.count == 2 ? rest[1] : ""
            let lines = try count(Array(rest.prefix(rest.count == 2 ? 1 : rest.count)), name)
            return .module(.powerLoss(lines: lines, hasEffect: name == "power-loss-after", beginning: beginning))
        case "fs-full":
            guard rest.isEmpty || rest == ["off"] else { throw Problem(text: "fs-full wants off or nothing") }
            return .module(.fullFlash(rest.isEmpty))
        case "cut-upload": return .module(.cutUpload(try count(rest, name)))
        case "quit": return .quit
        case let other where SocketFaultLine.names.contains(other):
            return .module(.socket(try SocketFaultLine.parse(other, rest)))
        default: throw Problem(text: "unknown command \(name)")
        }
    }

    private static func deactivation(_ words: [String]) throws(Problem) -> SimulatedModule.Fault {
        var spelling: String?
        var cure: CellState.Cure?
        for word in words {
            if let known = CellState.Cure(word) {
                cure = known
            } else if ["plain", "tight", "blank", "cgev"].contains(word) {
                spelling = word
            } else {
                throw Problem(
                    text: "pdp-deact wants plain, tight, blank or cgev, "
                        + "and itself, cgact, context5, cfun, reset or power for what ends it")
            }
        }
        return .deactivate(spelling: spelling, cure: cure)
    }

    static func count(_ words: [String], _ name: String) throws(Problem) -> Int {
        guard words.count == 1, let value = Int(words[0]), (1...1_000_000).contains(value) else {
            throw Problem(text: "\(name) wants a count")
        }
        return value
    }

    static func seconds(_ words: [String], _ name: String) throws(Problem) -> Duration {
        guard words.count == 1, let value = Double(words[0]), value >= 0, value <= 1_000_000 else {
            throw Problem(text: "\(name) wants seconds")
        }
        return .milliseconds(Int64(value * 1000))
    }
}
