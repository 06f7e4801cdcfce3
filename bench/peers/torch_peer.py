"""PyTorch: `nn.LSTM` (oneDNN on a CPU), fused Adam, the settings that were fastest.

Flavours: `flush` sets `torch.set_flush_denormal(True)`, `plain` leaves denormals alone, and `packed`
flushes and skips padding with `pack_padded_sequence`, which needs rows padded *after*: another
model, shown so that nobody need wonder.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from worker import job, latencies, serve, timed


class Classifier(nn.Module):
    def __init__(self, job):
        super().__init__()
        self.embedding = nn.Embedding(job.vocabulary, job.width)
        sizes = [job.width, *job.units]
        # Layers of one size go to PyTorch as one stacked module.
        assert len(set(job.units)) == 1
        cell = {"lstm": nn.LSTM, "gru": nn.GRU, "simple_rnn": nn.RNN}[job.cell]
        self.rnn = cell(sizes[0], sizes[1], num_layers=len(job.units), batch_first=True)
        self.dense = nn.Linear(sizes[-1], 1)
        # The file of weights is an LSTM's; the other cells start as PyTorch starts them.
        if job.cell == "lstm":
            self.load(job)

    @torch.no_grad()
    def load(self, job):
        """Keras's weights: its gates are i f c o, PyTorch's too; PyTorch's second bias is 0."""
        embeddings, *layers, kernel, bias = map(torch.tensor, job.weights())
        self.embedding.weight.copy_(embeddings)
        for i in range(len(job.units)):
            w, u, b = layers[3 * i : 3 * i + 3]
            getattr(self.rnn, f"weight_ih_l{i}").copy_(w.T)
            getattr(self.rnn, f"weight_hh_l{i}").copy_(u.T)
            getattr(self.rnn, f"bias_ih_l{i}").copy_(b)
            getattr(self.rnn, f"bias_hh_l{i}").zero_()
        self.dense.weight.copy_(kernel.T)
        self.dense.bias.copy_(bias)

    def forward(self, ids, lengths=None):
        x = self.embedding(ids)
        if lengths is None:
            last = self.rnn(x)[0][:, -1]
        else:
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            last = self.rnn(packed)[1][0][-1]
        return self.dense(last).squeeze(-1)


def main():
    work = job()
    torch.set_num_threads(work.threads)
    if work.flavour != "plain":
        assert torch.set_flush_denormal(True), "this CPU cannot flush denormals"
    torch.manual_seed(1)
    model = Classifier(work)
    loss_of = nn.BCEWithLogitsLoss()

    def tensors(split):
        ids = torch.from_numpy(work.rows(split))
        lengths = None
        if work.flavour == "packed":
            lengths = (ids != 0).sum(1)
            ids = torch.stack([row.roll(int(n)) for row, n in zip(ids, lengths)])
        return ids, torch.from_numpy(work.labels(split)), lengths

    @torch.inference_mode()
    def evaluate(ids, labels, rows):
        """Loss and accuracy."""
        loss = hits = 0.0
        for x, y in zip(ids[:rows].split(1024), labels[:rows].split(1024)):
            logits = model(x)
            loss += float(loss_of(logits, y)) * len(y)
            hits += int(((logits > 0) == (y > 0.5)).sum())
        return loss / rows, hits / rows

    about = {"version": torch.__version__}
    if work.kind in ("train", "fit"):
        ids, labels, lengths = tensors("train")
        about["first_loss"] = loss_of(model(ids[:128]), labels[:128]).item()
        adam = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7, fused=True)

        def epoch(rows):
            for at in torch.randperm(len(ids))[:rows].split(work.batch):
                adam.zero_grad()
                loss_of(model(ids[at], None if lengths is None else lengths[at]), labels[at]).backward()
                adam.step()

        epoch(3 * work.batch)
        share = work.rows_timed / len(ids)
        if work.kind == "train":
            serve(lambda: {"seconds": timed(lambda: epoch(work.rows_timed)) / share, "share": share}, **about)
            return
        others, wanted, _ = tensors("test")

        def fit():
            for _ in range(5):
                epoch(len(ids))
                evaluate(others, wanted, 5_000)

        serve(lambda: {"seconds": timed(fit), "share": 1.0}, **about)
    elif work.kind == "evaluate":
        model.eval()
        ids, labels, _ = tensors("test")
        evaluate(ids, labels, 2048)
        serve(lambda: {"seconds": timed(lambda: evaluate(ids, labels, len(ids))), "share": 1.0}, **about)
    else:
        model.eval()
        ids = torch.from_numpy(work.short())

        @torch.inference_mode()
        def answer():
            return float(torch.sigmoid(model(ids)))

        about["answer"] = answer()
        serve(lambda: latencies(answer), **about)


if __name__ == "__main__":
    main()
