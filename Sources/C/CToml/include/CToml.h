// toml++ behind a C interface: parses a document and hands out its leaves in order.
#pragma once
