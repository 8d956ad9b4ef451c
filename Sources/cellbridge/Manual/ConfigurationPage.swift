import BridgeRuntime
import Configuration

/// cellbridge.toml(5), from the table of known keys.
enum ConfigurationPage {
    /// The page.
    static var source: String {
        var page = Roff(
            title: "CELLBRIDGE.TOML", section: 5, made: "cellbridge man cellbridge.toml", version: cellbridgeVersion)
        page.section("NAME")
        page.text("cellbridge.toml - configuration of cellbridge")
        page.section("DESCRIPTION")
        page.text(
            """
            One TOML file, by default `\(Configuration.defaultPath)`; `cellbridge check` says what is wrong with it and
            what it means. Only `host` of `[remote]` and one `[[route]]` are required; an unknown key is an error.

            Durations are written as "200 ms", "10 s", "5 min", "6 h" or "1 d", sizes as "64 MiB", "500 kB" or a number
            of bytes. A relative path is relative to the file. Secrets are read from files that nobody but owner and
            group can reach. The file is read at the start: to apply a change, restart the service.
            """)
        for table in Configuration.documentedTables {
            page.section(table.name.isEmpty ? "TABLES" : title(table.name))
            if !table.summary.isEmpty { page.text(sentence(table.summary) + ".") }
            for key in table.keys { page.item(key.name, argument: "(\(key.takes))", text(key, of: table.name)) }
        }
        page.section("EXAMPLES")
        page.example(example)
        page.section("FILES")
        page.item(Configuration.defaultPath, "where it is unless -c says otherwise")
        page.section("SEE ALSO")
        page.text("`cellbridge`(1), `mosquitto.conf`(5)")
        return page.source
    }

    /// A configuration that can be used.
    static let example = """
        [module]
        port = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"

        [remote]
        host = "mqtt.example.com"
        client_id = "field-box-17"

        [[route]]                      # sensors/tank here is site/17/sensors/tank there
        topic = "sensors/#"
        remote_prefix = "site/17/"

        [[route]]                      # site/17/commands/pump there is commands/pump here
        direction = "in"
        topic = "commands/#"
        remote_prefix = "site/17/"
        """

    private static func title(_ table: String) -> String { table == "route" ? "[[route]]" : "[\(table)]" }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    private static func text(_ key: Configuration.DocumentedKey, of table: String) -> String {
        var text = sentence(key.meaning) + "."
        switch key.standard {
        case "": break
        case "required": text += " Required."
        default: text += " Default: \(key.standard)."
        }
        let path = table.isEmpty ? key.name : table + "." + key.name
        if Configuration.keysNotActedOn.contains(path) { text += " Accepted, but not acted on in this release." }
        return text
    }
}
