// The error for a bad setting that is found while osls reads the service: one sentence.
/** Makes the error. It has no stack, because osls prints one where there is one. */
module.exports.refusal = sentence => Object.assign(new Error(sentence), { stack: '' })
