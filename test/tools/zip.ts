// Reads and writes a zip (APPNOTE.TXT §4.3): every machine has Node, not every one unzip.
import { crc32, inflateRawSync } from 'node:zlib'

/** The files in a zip, by path. */
export function readZip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  const files = new Map<string, Buffer>()
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const size = zip.readUInt32LE(at + 20)
    const nameLength = zip.readUInt16LE(at + 28)
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const content = zip.subarray(start, start + size)
    const stored = zip.readUInt16LE(at + 10) === 0
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    files.set(name, stored ? content : inflateRawSync(content))
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return files
}

/** A zip of one file, which is not compressed. */
export function makeZip(path: string, content: Buffer): Buffer {
  const name = Buffer.from(path)
  // What the header of the file and its entry in the directory have in common; its day is the first
  // that a zip knows.
  const shared = Buffer.alloc(26)
  shared.writeUInt16LE(20, 0)
  shared.writeUInt16LE(0x21, 8)
  shared.writeUInt32LE(crc32(content), 10)
  shared.writeUInt32LE(content.length, 14)
  shared.writeUInt32LE(content.length, 18)
  shared.writeUInt16LE(name.length, 22)
  const head = Buffer.concat([Buffer.from('PK\x03\x04'), shared, name])
  const entry = Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), shared, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(entry.length, 12)
  end.writeUInt32LE(head.length + content.length, 16)
  return Buffer.concat([head, content, entry, end])
}
