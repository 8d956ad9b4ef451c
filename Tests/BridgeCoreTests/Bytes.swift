/// The bytes of a text, to keep tables short.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
