"""Pictures, videos and 3D models."""

from __future__ import annotations

import strawberry

from gateway.execution import records
from gateway.model import catalog as model


@strawberry.interface(name="Media", description="A picture, a video or a 3D model.")
class MediaView:
    alt: str | None = strawberry.field(
        description="What it shows, for those who cannot see it; null where nobody wrote it."
    )


@strawberry.type(name="Image", description="A picture.")
class ImageView(MediaView):
    is_type_of = records(model.Image)

    url: str = strawberry.field(description="Absolute address.")
    width: int | None = strawberry.field(description="Pixels; null where unknown.")
    height: int | None = strawberry.field(description="Pixels; null where unknown.")


@strawberry.type(name="Video", description="A video.")
class VideoView(MediaView):
    is_type_of = records(model.Video)

    url: str = strawberry.field(description="Absolute address.")
    mime_type: str | None = strawberry.field(description="Such as video/mp4; null where unknown.")


@strawberry.type(name="Model3dSource", description="One file of a 3D model.")
class Model3dSourceView:
    is_type_of = records(model.Model3dSource)

    url: str = strawberry.field(description="Absolute address.")
    mime_type: str | None = strawberry.field(
        description="model/gltf-binary for the web and Android, model/vnd.usdz+zip for iOS; null where unknown."
    )


@strawberry.type(name="Model3d", description="A 3D model, for viewing and augmented reality.")
class Model3dView(MediaView):
    is_type_of = records(model.Model3d)

    sources: list[Model3dSourceView] = strawberry.field(description="The same model in several formats.")
