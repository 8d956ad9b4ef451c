extension Configuration {
    /// Where a key of the `index`-th route (from 0) stands in the file at `path`, or where the route does when it lacks
    /// the key; nil when the file cannot be read any more. For problems that show only when all routes are looked at
    /// together.
    package static func place(ofRoute index: Int, key: String, inFile path: String) -> (line: Int, column: Int)? {
        guard let text = try? Files.read(path, limit: maximumFileSize), let root = try? TOMLDocument.parse(text),
            case .array(let routes)? = root["route"]?.value, routes.indices.contains(index)
        else { return nil }
        let node = routes[index][key] ?? routes[index]
        return (node.line, node.column)
    }

    /// Where a key of a table stands in the file at `path`, `["remote", "tls", "ca"]`, or the nearest table around it;
    /// nil when the file cannot be read any more. For problems of the files that keys name.
    package static func place(of key: [String], inFile path: String) -> (line: Int, column: Int)? {
        guard let text = try? Files.read(path, limit: maximumFileSize), let root = try? TOMLDocument.parse(text) else {
            return nil
        }
        var node = root
        for name in key {
            guard let next = node[name] else { break }
            node = next
        }
        return (node.line, node.column)
    }
}
