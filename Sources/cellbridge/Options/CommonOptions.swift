import BridgeRuntime
import Configuration
import Control
import Glibc

/// What most commands have in common: `-c`, `--json`, `--quiet`. A command holds one value and begins its table with
/// `.common(\.common)`.
struct CommonOptions {
    /// `-c, --config`.
    var path = Configuration.defaultPath
    /// `--json`.
    var isJSON = false
    /// `--quiet`: nothing is printed but errors; the exit status tells.
    var isQuiet = false

    /// Prints the result: one JSON object, or lines for people, which `--quiet` leaves out. JSON was asked for.
    func show(json: @autoclosure () -> JSONValue, lines: @autoclosure () -> [String]) {
        if isJSON {
            Console.line(json().description)
        } else if !isQuiet {
            for line in lines() { Console.line(line) }
        }
    }

    /// A line for people, when they want any.
    func note(_ text: @autoclosure () -> String) {
        if !isQuiet, !isJSON { Console.line(text()) }
    }

    /// The configuration; its problems are told. Without `readSecrets` the files it names are not looked at, so that
    /// anybody who may read it can use it.
    func configuration(readSecrets: Bool = false) throws(CommandFailure) -> Configuration {
        try ConfigurationFile.load(path, readSecrets: readSecrets)
    }
}

extension Array {
    /// `-c, --config FILE`, `--json` and `--quiet`.
    static func common<Target>(_ place: WritableKeyPath<Target, CommonOptions>) -> [Element]
    where Element == CommandOption<Target> {
        [
            .configurationFile(place.appending(path: \.path)), .json(place.appending(path: \.isJSON)),
            .quiet(place.appending(path: \.isQuiet)),
        ]
    }
}

extension CommandOption {
    /// `-c, --config FILE`.
    static func configurationFile(_ place: WritableKeyPath<Target, String>) -> CommandOption {
        .value(
            "config", "c", "FILE", "the configuration (\(Configuration.defaultPath))", place, expected: "a path"
        ) { $0.isEmpty ? nil : $0 }
    }

    /// `--json`.
    static func json(_ place: WritableKeyPath<Target, Bool>) -> CommandOption {
        .flag("json", nil, "one JSON object on standard output") { $0[keyPath: place] = true }
    }

    /// `--quiet`. No letter: `-q` is the QoS, as with mosquitto_pub.
    static func quiet(_ place: WritableKeyPath<Target, Bool>) -> CommandOption {
        .flag("quiet", nil, "print nothing but errors: the exit status tells") { $0[keyPath: place] = true }
    }

    /// `--quiet` of a command whose output is what it was asked for.
    static func dataOnly(_ place: WritableKeyPath<Target, Bool>) -> CommandOption {
        .flag("quiet", nil, "print what was asked for and nothing else") { $0[keyPath: place] = true }
    }

    /// `-v, --verbose`.
    static func verbose(_ place: WritableKeyPath<Target, Bool>) -> CommandOption {
        .flag("verbose", "v", "show the AT dialogue on standard error (without passwords, PINs and contents)") {
            $0[keyPath: place] = true
        }
    }

    /// `-t, --topic TOPIC` and the like: may be given several times.
    static func texts(
        _ name: String, _ letter: Character? = nil, _ argument: String, _ help: String,
        _ place: WritableKeyPath<Target, [String]>
    ) -> CommandOption {
        CommandOption(name: name, letter: letter, argument: argument, help: help) { target, text in
            target[keyPath: place].append(text)
        }
    }

    /// A whole number in a range.
    static func number<Value>(
        _ name: String, _ letter: Character? = nil, _ argument: String, _ help: String,
        _ place: WritableKeyPath<Target, Value>, _ range: ClosedRange<Int>, _ make: @escaping (Int) -> Value
    ) -> CommandOption {
        .value(
            name, letter, argument, help, place, expected: "\(range.lowerBound) to \(range.upperBound)"
        ) { Int($0).flatMap { range.contains($0) ? make($0) : nil } }
    }

    /// An option that takes a duration.
    static func duration(_ name: String, _ help: String, _ place: WritableKeyPath<Target, Duration>) -> CommandOption {
        .value(name, nil, "D", help, place, expected: "a duration such as 15ms or \"2 s\"", Quantities.duration)
    }

    /// An option that takes seconds, as the tools of Mosquitto do, or a duration.
    static func seconds(
        _ name: String, _ letter: Character? = nil, _ help: String, _ place: WritableKeyPath<Target, Duration>
    ) -> CommandOption {
        .value(name, letter, "SECONDS", help, place, expected: "seconds, or a duration such as 15ms") {
            Quantities.duration($0) ?? Quantities.duration($0 + "s")
        }
    }

    /// The option, with what shells offer for its argument.
    func completing(_ completion: Completion) -> CommandOption {
        var option = self
        option.completion = completion
        return option
    }
}

extension CommandFailure {
    /// Does the work of the command `name`; a failure is told and is its exit status.
    static func told(by name: String, _ work: () throws(CommandFailure) -> ExitCode) -> ExitCode {
        do throws(CommandFailure) {
            return try work()
        } catch {
            if !error.text.isEmpty { Console.error("cellbridge \(name): \(error.text)") }
            return error.code
        }
    }
}

/// What the commands that take `-c` share.
enum ConfigurationFile {
    /// What is wrong when there is no such file or it cannot be read.
    static func complaint(_ path: String) -> String? {
        guard unsafe access(path, R_OK) != 0 else { return nil }
        let reason = unsafe String(cString: strerror(errno))
        return "\(path): \(reason); name the configuration with -c FILE"
    }

    /// One line for people; a warning says that it is one.
    static func line(_ problem: Problem) -> String {
        guard problem.severity == .warning else { return problem.description }
        var marked = problem
        marked.message = "warning: " + problem.message
        return marked.description
    }

    /// The configuration at `path`; problems are told.
    static func load(_ path: String, readSecrets: Bool) throws(CommandFailure) -> Configuration {
        if let complaint = complaint(path) { throw CommandFailure(.noInput, complaint) }
        switch Configuration.load(path: path, readSecrets: readSecrets) {
        case .valid(let configuration, _): return configuration
        case .invalid(let problems):
            for problem in problems { Console.error(line(problem)) }
            throw CommandFailure(.configuration, "")
        }
    }
}
