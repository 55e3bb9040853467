"""Opening what an installation has one of: the vault with its keys, the checkpoint key."""

from vigie.backends.blobs import FolderBlobs
from vigie.backends.keys import KeyStoreDamaged, WrongPassphrase, open_keys
from vigie.config.home import Home, ensure_secret, keep_secret, read_secret
from vigie.config.passphrase import read_passphrase
from vigie.config.problems import SetupProblem
from vigie.config.schema import Settings
from vigie.engines.proofs import SigningKey
from vigie.kernel.errors import Unavailable
from vigie.kernel.vault import Vault

STORE_KEY = "store-key"
CHECKPOINT_KEY = "checkpoint-key"


def open_vault(settings: Settings, home: Home) -> Vault:
    """The vault of this home. Unavailable when its keys cannot be opened; matching does not need them."""
    try:
        keys = open_keys(settings, home, read_passphrase(settings, home))
    except (OSError, SetupProblem, KeyStoreDamaged, WrongPassphrase) as error:
        raise Unavailable(f"The keys of this installation cannot be opened: {error}") from error
    return Vault(keys, FolderBlobs(home.blobs), ensure_secret(home, STORE_KEY).encode())


def read_checkpoint_key(home: Home) -> SigningKey:
    """The key that signs this home's checkpoints, made when it has none yet."""
    kept = read_secret(home, CHECKPOINT_KEY)
    if kept is not None:
        return SigningKey.parse(kept)
    return SigningKey.parse(keep_secret(home, CHECKPOINT_KEY, SigningKey.generate("vigie").secret_text()))
