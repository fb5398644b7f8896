// The error of a bad setting that osls meets while it reads the service: one sentence.
/** Without a stack, because osls shows one where it finds it. */
module.exports.refusal = sentence => Object.assign(new Error(sentence), { stack: '' })
