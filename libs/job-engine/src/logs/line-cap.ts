const newline = 10;

/** Cuts lines that are longer than the limit, visibly; keeps no bytes. One for each stream. */
export class LineCap {
  private readonly marker: Buffer;

  constructor(
    private readonly lineBytesMax: number,
    /** Length of the line the stream is in; past the limit while the rest of a cut line is dropped. */
    private lineBytes: number,
  ) {
    this.marker = Buffer.from(` [cyclone] line cut at ${lineBytesMax} bytes`);
  }

  get openLine(): number {
    return this.lineBytes;
  }

  push(bytes: Buffer): Buffer {
    if (this.lineBytes + bytes.length <= this.lineBytesMax) {
      const last = bytes.lastIndexOf(newline);
      this.lineBytes = last === -1 ? this.lineBytes + bytes.length : bytes.length - last - 1;
      return bytes;
    }
    return this.cutLines(bytes);
  }

  private cutLines(bytes: Buffer): Buffer {
    const parts: Buffer[] = [];
    let from = 0;
    while (from < bytes.length) {
      const end = bytes.indexOf(newline, from);
      const length = (end === -1 ? bytes.length : end) - from;
      const room = this.lineBytesMax - this.lineBytes;
      if (length <= room) parts.push(bytes.subarray(from, from + length));
      else if (room >= 0) parts.push(bytes.subarray(from, from + room), this.marker);
      // One past the limit means: marked as cut.
      this.lineBytes = length <= room ? this.lineBytes + length : this.lineBytesMax + 1;
      if (end === -1) break;
      parts.push(bytes.subarray(end, end + 1));
      this.lineBytes = 0;
      from = end + 1;
    }
    return Buffer.concat(parts);
  }
}
