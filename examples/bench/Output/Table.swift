/// A plain table: columns as wide as their widest cell, numbers to the right.
struct Table {
    private let title: String
    private let columns: [String]
    private let leftAligned: Set<Int>
    private var rows: [[String]] = []

    /// A table with a title line and column heads; the columns in `left` are text.
    init(_ title: String, _ columns: [String], left: Set<Int> = []) {
        self.title = title
        self.columns = columns
        leftAligned = left
    }

    /// Adds a row of as many cells as there are columns.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// Prints it, with an empty line after.
    func show() {
        var lines = [columns] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        lines.insert(widths.map { String(repeating: "-", count: $0) }, at: 1)
        print(title)
        for line in lines {
            let cells = line.enumerated().map { index, cell in
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                return leftAligned.contains(index) ? cell + padding : padding + cell
            }
            var text = "  " + cells.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            print(text)
        }
        print()
        flushOutput()
    }
}

/// `met` or `NOT MET`.
func verdict(_ isMet: Bool) -> String { isMet ? "met" : "NOT MET" }
