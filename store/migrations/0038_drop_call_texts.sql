-- What a model was asked and answered is kept per request, in model_texts; nothing was ever written here.
drop table call_texts;
