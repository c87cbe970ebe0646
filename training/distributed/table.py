"""The packed table in shards, one a process, with row-wise AdaGrad fused into its backward pass (TorchRec, FBGEMM).

Ivchenko et al., "TorchRec: a PyTorch Domain Library for Recommendation Systems", RecSys 2022,
https://doi.org/10.1145/3523227.3547387. A process asks for its distinct rows once; the ids travel to the processes that
hold them, the rows travel back, and in the backward pass so do their gradients, which the holder adds up by row before
it moves the row.

Traps that this file knows: TorchRec divides gradients by the number of processes unless told otherwise; its plan needs
the kernel named (`fused`), or rows stay as they are; the rate in force is read when rows are fetched, not when they are
moved; and it draws first values of its own.
"""

import logging
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from training.distributed.placement import Placement

_TABLE = "table"
_ROWS = "rows"


class ShardedTable:
    """Rows of a packed table that several processes hold together.

    Attributes:
        placement: where a row lies.
        shard: this process's part, [places, dim], in place.
        sums: what row-wise AdaGrad remembers of it, [places], in place.
        first_place: of the shard.

    Args:
        num_rows: of the whole table.
        dim: width of a row.
        eps: of row-wise AdaGrad.
        device: of the shard.
    """

    def __init__(self, num_rows: int, dim: int, eps: float, device: torch.device) -> None:
        self.num_rows, self.dim, self.device = num_rows, dim, device
        self.placement = Placement(num_rows)
        self._model = _sharded(num_rows, dim, eps, device)
        (held,) = self._model.state_dict().values()
        (local,) = held.local_shards()
        self.shard: Tensor = local.tensor
        self.first_place: int = local.metadata.shard_offsets[0]
        self._optimizer: Any = self._model.fused_optimizer
        ((remembered,),) = (state.values() for state in self._optimizer.state_dict()["state"].values())
        self.sums: Tensor = remembered.local_shards()[0].tensor

    def set_rate(self, rate: float) -> None:
        """The step size of all rows that are fetched from now on."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()  # hands the rate to the kernel; rows move in the backward pass

    def fetch(self, rows: Tensor) -> Tensor:
        """Rows of the table, [rows, dim], in this order; all processes call it together.

        The backward pass through them moves the rows by the rate in force now.

        Args:
            rows: int64 [rows], each at most once; processes may ask for different numbers of them.
        """
        from torchrec.sparse.jagged_tensor import KeyedJaggedTensor

        places = self.placement.places(rows)
        # One list of all rows, not a list for each: so processes need not ask for equally many.
        length = torch.tensor([len(rows)], device=rows.device)
        found = self._model(KeyedJaggedTensor(keys=[_ROWS], values=places, lengths=length))
        fetched: Tensor = found[_ROWS].values()
        return fetched

    def sharded(self, part: Tensor) -> Tensor:
        """Something of each row, of which this process has the part of its shard, as one DTensor that shares it."""
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.tensor import DTensor, Shard

        mesh = init_device_mesh(self.device.type, (dist.get_world_size(),))
        shape = torch.Size([self.num_rows, *part.shape[1:]])
        stride = torch.empty(shape, device="meta").stride()
        whole: Tensor = DTensor.from_local(part, mesh, [Shard(0)], run_check=False, shape=shape, stride=stride)
        return whole

    def own(self, whole: Tensor) -> Tensor:
        """This process's part of such a DTensor."""
        from torch.distributed.tensor import DTensor

        assert isinstance(whole, DTensor), "what is cut into shards is a DTensor"
        return whole.to_local()


def _sharded(num_rows: int, dim: int, eps: float, device: torch.device) -> Any:
    """TorchRec's model of one table whose shards are runs of consecutive places; its first values are arbitrary."""
    from fbgemm_gpu.split_embedding_configs import EmbOptimType

    logging.getLogger("torch.fx._symbolic_trace").setLevel(logging.ERROR)  # TorchRec calls what PyTorch renamed
    from torchrec.distributed.comm_ops import set_gradient_division
    from torchrec.distributed.embedding import EmbeddingCollectionSharder
    from torchrec.distributed.model_parallel import DistributedModelParallel
    from torchrec.distributed.sharding_plan import construct_module_sharding_plan, row_wise
    from torchrec.distributed.types import ShardingEnv, ShardingPlan
    from torchrec.modules.embedding_configs import EmbeddingConfig
    from torchrec.modules.embedding_modules import EmbeddingCollection

    set_gradient_division(False)  # losses are means over the whole batch already
    config = EmbeddingConfig(name=_TABLE, embedding_dim=dim, num_embeddings=num_rows, feature_names=[_ROWS])
    collection = EmbeddingCollection(tables=[config], device=torch.device("meta"))
    sharder = EmbeddingCollectionSharder({"optimizer": EmbOptimType.EXACT_ROWWISE_ADAGRAD, "eps": eps})
    world = dist.group.WORLD
    assert world is not None, "a sharded table is made after the processes have met"
    plan = construct_module_sharding_plan(
        collection,
        {_TABLE: row_wise(compute_kernel="fused")},
        sharder=sharder,
        world_size=dist.get_world_size(),
        device_type=device.type,
    )
    return DistributedModelParallel(
        collection,
        env=ShardingEnv.from_process_group(world),
        device=device,
        plan=ShardingPlan({"": plan}),
        sharders=[sharder],
        init_data_parallel=False,
        init_parameters=False,
    )
