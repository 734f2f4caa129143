"""Writes config.json, given on standard input, and a tokenizer of its size to a folder; there are no weights."""
import json
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

folder = pathlib.Path(sys.argv[1])
config = json.load(sys.stdin)
tokenizer = Tokenizer(models.BPE(unk_token=None))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(
    vocab_size=config['vocab_size'], special_tokens=['<s>', '</s>', '<pad>'], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
tokenizer.train_from_iterator(['a replica drains before it stops', 'tokens come one after the other'], trainer)
tokenizer.save(str(folder / 'tokenizer.json'))
(folder / 'tokenizer_config.json').write_text(json.dumps({
    'tokenizer_class': 'PreTrainedTokenizerFast', 'bos_token': '<s>', 'eos_token': '</s>', 'pad_token': '<pad>',
    'model_max_length': config['max_position_embeddings']}))
(folder / 'config.json').write_text(json.dumps(config))
