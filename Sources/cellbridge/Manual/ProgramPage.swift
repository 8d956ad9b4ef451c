import BridgeRuntime
import Configuration

/// cellbridge(1), from the tables that `--help` is made from.
enum ProgramPage {
    /// Exit statuses that several commands share.
    static let statuses: [(code: ExitCode, meaning: String)] = [
        (.ok, "done; what was looked at is as it should be"),
        (.failed, "what was looked at is not as it should be"),
        (.timedOut, "time ran out before a message came, or before it was delivered"),
        (.usage, "the command line is wrong"),
        (.dataError, "the contents of an input file are wrong"), (.noInput, "there is no such file or port"),
        (.unavailable, "something the work needs is not there: the module, the network, a program"),
        (.software, "a fault in cellbridge; demo: not every message arrived"),
        (.systemError, "the system refuses something it should give"),
        (.cannotCreate, "the state directory or another output cannot be made"),
        (.temporary, "in use by another process, or interrupted: worth another try"),
        (.noPermission, "not permitted"), (.configuration, "the configuration is wrong"),
    ]

    /// The page.
    static func source(_ program: ProgramSheet) -> String {
        var page = Roff(title: "CELLBRIDGE", section: 1, made: "cellbridge man", version: cellbridgeVersion)
        page.section("NAME")
        page.text("cellbridge - MQTT through the MQTT client of a cellular module")
        page.section("SYNOPSIS")
        page.text("`cellbridge` COMMAND [options]\n\n`cellbridge` [COMMAND] `--help`\n\n`cellbridge --version`")
        page.section("DESCRIPTION")
        page.text(
            """
            Carries MQTT messages between the broker on this host and a remote one through the MQTT client of a cellular
            module, driven by AT commands over a serial line. The service is `cellbridge run`; the other commands look
            at its configuration and its module, or try things out. `cellbridge demo` needs no hardware.

            Long options may be cut short as long as they stay unique, and take their argument as the next word or after
            an equals sign. After `--` nothing is an option.
            """)
        page.section("COMMANDS")
        for command in program.commands { describe(command, &page) }
        for group in program.groups {
            for command in group.commands { describe(command, &page) }
        }
        page.section("EXIT STATUS")
        page.text("Those of sysexits.h, the same for all commands.")
        for status in statuses { page.item("\(status.code.rawValue)", status.meaning) }
        page.section("ENVIRONMENT")
        page.item("NO_COLOR", "when it is set and not empty, nothing is coloured; without a terminal nothing is anyway")
        page.section("FILES")
        page.item(Configuration.defaultPath, "the configuration, see `cellbridge.toml`(5)")
        page.item("/var/lib/cellbridge", "what must survive a kill or a power cut: [queue] path")
        page.section("SEE ALSO")
        page.text("`cellbridge.toml`(5), `mosquitto`(8), `mosquitto.conf`(5)")
        return page.source
    }

    private static func describe(_ command: CommandSheet, _ page: inout Roff) {
        page.subsection(command.usage)
        page.text(command.summary)
        if !command.details.isEmpty {
            page.paragraph()
            page.text(command.details)
        }
        for operand in command.operands { page.item(operand.usage, operand.help) }
        // `--help` is told once, in the synopsis.
        for option in command.options where option.name != "help" {
            let tag = (option.letter.map { "-\($0), " } ?? "") + "--\(option.name)"
            if let argument = option.argument {
                page.item(tag, argument: argument, option.help)
            } else {
                page.item(tag, option.help)
            }
        }
        page.paragraph()
        page.text("Examples:")
        for (line, meaning) in command.examples { page.item(line, meaning) }
    }
}
