"""One thread for the libraries of numpy and faiss, and a place for compiled code: imported before them."""

import os

import platformdirs

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("NUMBA_CACHE_DIR", platformdirs.user_cache_dir("vigie-bench"))
