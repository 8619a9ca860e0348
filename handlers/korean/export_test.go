package korean

// Sentences is the whole catalogue.
var Sentences = sentences
