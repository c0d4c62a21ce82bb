# SPDX-License-Identifier: MIT
"""pcf.py - read the glyphs of a compressed PCF bitmap font, as X.Org's xfonts-base ships them.

The format is described in X.Org's font/util documentation: a table of contents, then tables whose format word
says byte order (4), bit order (8), row padding (bits 0 and 1) and compressed metrics (0x100).
"""
import gzip
import struct

ACCELERATORS, METRICS, BITMAPS, ENCODINGS = 1 << 1, 1 << 2, 1 << 3, 1 << 5


class Font:
    """`cell(code_point)` gives the rows of a glyph as lists of 0 and 1, placed in the font's fixed cell."""

    def __init__(self, path, width, height):
        with gzip.open(path) as file:
            self.data = file.read()
        if self.data[:4] != b"\1fcp":
            raise ValueError(f"{path}: not a PCF font")
        self.path, self.width, self.height = path, width, height
        count, = struct.unpack_from("<I", self.data, 4)
        contents = (struct.unpack_from("<4I", self.data, 8 + 16 * i) for i in range(count))
        self.tables = {kind: (table_format, offset) for kind, table_format, _, offset in contents}
        self.ascent, descent = self._unpack(ACCELERATORS, "ii", 12)
        if self.ascent + descent != height:
            raise ValueError(f"{path}: {self.ascent + descent} pixels high, {height} expected")
        self.glyphs = self._read_encodings()

    def _unpack(self, kind, layout, offset):
        table_format, start = self.tables[kind]
        order = ">" if table_format & 4 else "<"
        return struct.unpack_from(order + layout, self.data, start + offset)

    def _read_encodings(self):
        first, last, first_row, last_row, _ = self._unpack(ENCODINGS, "5h", 4)
        columns = last - first + 1
        glyphs = {}
        for row in range(first_row, last_row + 1):
            for index in range(columns):
                position = (row - first_row) * columns + index
                glyph, = self._unpack(ENCODINGS, "H", 14 + 2 * position)
                if glyph != 0xFFFF:
                    glyphs[row * 256 + first + index] = glyph
        return glyphs

    def _metrics(self, glyph):
        """left bearing, right bearing, ascent, descent"""
        if self.tables[METRICS][0] & 0x100:
            left, right, _, ascent, descent = (b - 128 for b in self._unpack(METRICS, "5B", 6 + 5 * glyph))
        else:
            left, right, _, ascent, descent = self._unpack(METRICS, "5h", 8 + 12 * glyph)
        return left, right, ascent, descent

    def cell(self, code_point):
        if code_point not in self.glyphs:
            raise ValueError(f"{self.path}: no glyph for U+{code_point:04X}")
        glyph = self.glyphs[code_point]
        left, right, ascent, descent = self._metrics(glyph)
        table_format, start = self.tables[BITMAPS]
        if not table_format & 8 or (table_format >> 4) & 3:
            raise ValueError(f"{self.path}: bit order or scan unit not supported")
        count, = self._unpack(BITMAPS, "I", 4)
        offset, = self._unpack(BITMAPS, "I", 8 + 4 * glyph)
        data = start + 8 + 4 * count + 16 + offset
        pad = 1 << (table_format & 3)
        row_size = (right - left + 8 * pad - 1) // (8 * pad) * pad
        rows = [[0] * self.width for _ in range(self.height)]
        for y in range(ascent + descent):
            for x in range(right - left):
                if self.data[data + y * row_size + x // 8] >> (7 - x % 8) & 1:
                    rows[self.ascent - ascent + y][left + x] = 1
        return rows
